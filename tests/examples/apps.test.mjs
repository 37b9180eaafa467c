// The example of each Rust framework in Chromium: a login, a live list, a banner, and a connection that ends with the
// component.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from '../lib/chromium.mjs';
import { startFixture } from '../lib/fixture.mjs';
import { until } from '../lib/wait.mjs';

const { APPS } = process.env;
const PATIENCE = { timeout: 30_000 };

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const numberOf = (id) => Number(id.split('-')[1]);

async function ids(page, least) {
  await page.waitForFunction((least) => document.querySelectorAll('li').length >= least, least, PATIENCE);
  return page.locator('li').allTextContents();
}

/** Fails if an event was lost or came twice. Within an epoch, the numbers of the ids have no holes. */
function assertComplete(ids) {
  // The greeting of each connection repeats the ID of the place where it begins.
  const numbers = ids.map(numberOf).filter((number, index, all) => number !== all[index - 1]);
  const expected = Array.from({ length: numbers.length }, (_, index) => numbers[0] + index);
  assert.deepEqual(numbers, expected);
}

const saysAgain = (page, pattern) =>
  page.waitForFunction(
    (pattern) => new RegExp(pattern).test(document.querySelector('#banner')?.textContent ?? ''),
    pattern,
    PATIENCE,
  );

/** The number of streams that the server has open. */
async function streams(server) {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  return Number(metrics.match(/^sse_active_connections (\d+)$/m)[1]);
}

describe('examples', { concurrency: 3 }, () => {
  for (const framework of ['leptos', 'yew', 'dioxus']) testApp(framework);
});

function testApp(framework) {
  test(`${framework}: login, list, banner, reconnect button, and an unmount that closes the connection`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'example-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const start = (port) =>
      startFixture(
        '--port',
        port,
        '--static',
        join(APPS, framework),
        '--log',
        `file:${join(folder, 'events')}`,
        '--metrics-interval',
        '0.2',
        '--retry',
        '4000',
      );
    let server = await start('0');
    t.after(() => server.stop());
    const page = await browser.newPage();
    t.after(() => page.close());
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(server.url);

    await page.fill('#user', 'bob');
    await page.click('#log-in');
    await ids(page, 5);
    assert.equal(await streams(server), 1);
    assert.equal(await page.locator('#banner').textContent(), '');

    const { port } = server;
    await server.kill();
    // The wait is at least the 4 s that the server asked for.
    await saysAgain(page, 'Again in [3-8] s\\.$');
    const first = await page.locator('#banner').textContent();
    await page.waitForFunction((first) => document.querySelector('#banner').textContent !== first, first, PATIENCE);
    server = await start(port);
    const before = (await ids(page, 5)).length;
    await page.click('#reconnect');
    assertComplete(await ids(page, before + 5));
    await saysAgain(page, '^$');

    await page.click('#log-out');
    await until('no open stream', async () => (await streams(server)) === 0);
    await page.waitForSelector('#log-in', PATIENCE);
    assert.deepEqual(complaints, []);

    await page.click('#log-in');
    await ids(page, 1);
    assert.equal(await streams(server), 1);
  });

  test(`${framework}: a login that fails says why`, async (t) => {
    const server = await startFixture('--port', '0', '--static', join(APPS, framework));
    t.after(() => server.stop());
    const page = await browser.newPage();
    t.after(() => page.close());
    await page.goto(server.url);
    await page.fill('#user', '');
    await page.click('#log-in');
    await page.waitForFunction(
      () => document.querySelector('[role=alert]').textContent.includes('the login answered 400'),
      undefined,
      PATIENCE,
    );
    assert.equal(await streams(server), 0);
  });
}
