// The demo page as a visitor meets it: live figures, and a server that dies in the middle.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from '../chromium.mjs';
import { startFixture } from '../fixture.mjs';

const PATIENCE = { timeout: 30_000 };
let browser;
let server;
const start = (port) => startFixture('--port', port, '--static', process.env.PAGE, '--retry', '200', '--pulse', '0.2');

before(async () => {
  browser = await launch();
  server = await start('0');
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const figure = async (page, id) => Number.parseFloat(await page.locator(`#${id}`).textContent());

async function waitForMore(page, id, than) {
  const enough = ([id, than]) => Number.parseFloat(document.getElementById(id).textContent) > than;
  await page.waitForFunction(enough, [id, than], PATIENCE);
}

test('shows live figures, and goes on after the server was killed and started again', async () => {
  const { page, complaints } = await openPage(browser, server.url);
  await waitForMore(page, 'received', 5);
  assert.equal(await page.locator('#state').textContent(), 'open');
  assert.ok((await figure(page, 'memory')) > 0, 'the memory of this machine');
  assert.ok((await figure(page, 'users')) >= 1, 'we are one of the users');
  assert.deepEqual(complaints, []);

  const { port } = server;
  const received = await figure(page, 'received');
  await server.kill();
  server = await start(port);
  await waitForMore(page, 'reconnects', 0);
  await waitForMore(page, 'received', received + 5);
  assert.equal(await figure(page, 'lost'), 0);
  assert.equal(await figure(page, 'twice'), 0);
  await page.close();
});
