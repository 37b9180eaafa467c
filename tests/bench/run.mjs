// Runs the bundled benchmark in Node and in Chromium, and writes the page of results.
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch, openPage } from '../chromium.mjs';
import { serve } from '../static-site.mjs';
import { page as resultPage } from './report.mjs';

const { BUNDLE, SIZE } = process.env;
const TEN_MINUTES = 600_000;

async function inNode() {
  const { measure } = await import(pathToFileURL(join(BUNDLE, 'page.mjs')));
  return measure();
}

async function inChromium() {
  await writeFile(join(BUNDLE, 'index.html'), '<!doctype html><title>bench</title><script type="module" src="page.mjs"></script>');
  const [site, browser] = [await serve(BUNDLE), await launch()];
  try {
    const { page } = await openPage(browser, `${site.url}/`);
    await page.waitForFunction(() => 'result' in globalThis, undefined, { timeout: TEN_MINUTES });
    const { cells, error } = await page.evaluate(() => globalThis.result);
    if (error) throw new Error(error);
    return { cells, version: browser.version() };
  } finally {
    await browser.close();
    await site.close();
  }
}

async function versionOf(name) {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return [name, JSON.parse(await readFile(file, 'utf8')).version];
}

const node = await inNode();
const chromium = await inChromium();
const machine = `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}`;
const versions = [
  ['Chromium', chromium.version],
  ['Node', process.versions.node],
  await versionOf('eventsource-parser'),
  await versionOf('@microsoft/fetch-event-source'),
];
const text = resultPage({
  machine,
  versions,
  date: new Date().toISOString().slice(0, 10),
  size: SIZE,
  engines: { Node: node, Chromium: chromium.cells },
});
await writeFile(new URL('RESULTS.md', import.meta.url), text);
console.log(text);
