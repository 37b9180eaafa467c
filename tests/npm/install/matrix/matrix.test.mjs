// The packed package in every bundler, runtime and framework, with the defaults of each.
//
// A cell passes if the scenario of the package tests does: a stream refused without a token, and an
// event received through an authenticated one. What passed becomes the table of the README.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from '../../../lib/chromium.mjs';
import { ENTRIES, EXPECTED } from '../scenario.mjs';
import { next, PROGRAMS, RUNNERS, SITES, workerd } from './cells.mjs';
import { nextApp, page, program, tested, worker } from './projects.mjs';
import { Table } from './table.mjs';

const PACKAGE = 'authenticated-event-source';
const table = new Table();
let browser;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

// Node is the one that runs the tests, the oldest that we support or a newer one.
async function versionOf(tool) {
  if (tool === undefined) return '20 and newer';
  return JSON.parse(await readFile(join(process.env.MATRIX, 'node_modules', tool, 'package.json'))).version;
}

/** What the page at `site` found, or what went wrong there. */
async function resultAt(site) {
  const { page, complaints } = await openPage(browser, site.url);
  try {
    await page.waitForFunction(() => 'result' in globalThis, undefined, { timeout: 45_000 });
    return await page.evaluate(() => globalThis.result);
  } catch (error) {
    return [error.message, ...complaints].join('\n');
  } finally {
    await page.close();
    await site.close();
  }
}

for (const { name, tool, site, slim } of SITES) {
  const script = /Vite|Parcel/.test(name) ? './main.js' : './out/main.js';
  test(name, async () => {
    const result = await resultAt(await site(await page(name, PACKAGE, script)));
    assert.deepEqual(result, EXPECTED);
    table.enter(name, await versionOf(tool), 'works', slim ? 'works' : 'place the `.wasm` yourself');
  });
  test(`${name}, ./slim ${slim ? 'works' : 'needs its file placed by hand'}`, async () => {
    const result = await resultAt(await site(await page(name, `${PACKAGE}/slim`, script)));
    assert[slim ? 'deepEqual' : 'notDeepEqual'](result, EXPECTED);
  });
}

for (const flags of [[], ['--webpack']]) {
  const name = `Next, ${flags.length ? 'webpack' : 'Turbopack'}`;
  const result = async (entry) => resultAt(await next(await nextApp(name, entry), ...flags));
  test(name, async () => {
    assert.deepEqual(await result(PACKAGE), EXPECTED);
    table.enter(name, await versionOf('next'), 'works', 'works');
  });
  test(`${name}, ./slim works`, async () => assert.deepEqual(await result(`${PACKAGE}/slim`), EXPECTED));
}

for (const [entry, type] of Object.entries(ENTRIES)) {
  test(`workerd, ${entry}`, async () => {
    const result = JSON.parse(await workerd(await worker(entry, type)));
    // The MessageEvent of this runtime, which the others fire, knows no lastEventId.
    assert.deepEqual(result, { ...EXPECTED, id: type === 'AuthenticatedEventSource' });
    if (entry !== PACKAGE) return;
    table.enter('workerd (Miniflare)', await versionOf('miniflare'), 'works', 'for browsers');
  });
}

for (const { name, tool, run } of PROGRAMS) {
  test(name, async () => {
    const { stdout } = await run(await program(name));
    assert.deepEqual(JSON.parse(stdout), EXPECTED);
    table.enter(name, await versionOf(tool), 'works', 'for browsers');
  });
}

for (const { name, tool, run } of RUNNERS) {
  test(name, async () => {
    await run(await tested(name));
    table.enter(name, await versionOf(tool), 'works', 'for browsers');
  });
}

test('the table of docs/reference.md is what this run showed', async () => {
  assert.ok(await table.isInReference(), `write it with UPDATE_TABLE=1 cargo xtask test install:\n${table}`);
});
