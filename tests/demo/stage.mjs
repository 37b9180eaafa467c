// What every test of the demo page needs: a server with the page, a browser, and a camera.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before } from 'node:test';
import { launch, openPage } from '../lib/chromium.mjs';
import { startCluster } from '../lib/cluster.mjs';
import { startFixture } from '../lib/fixture.mjs';

/** One server, or three of them behind nginx: the page must not see a difference. */
const IS_CLUSTER = process.env.BEHIND_NGINX === '1';
const PICTURES = fileURLToPath(
  new URL(IS_CLUSTER ? '../../target/demo-behind-nginx' : '../../target/demo', import.meta.url),
);
/** A machine that also compiles may be slow; a page that never gets there still fails. */
export const PATIENCE = { timeout: 30_000 };

/** Starts browser and server before the tests of a file, and ends them afterwards. */
export function stage(...flags) {
  const it = { open, start };

  async function start(port = '0') {
    const all = [
      '--static',
      process.env.PAGE,
      '--retry',
      '200',
      '--metrics-interval',
      '0.2',
      '--query-token',
      ...flags,
    ];
    it.server = await (IS_CLUSTER ? startCluster(all, { port: Number(port) }) : startFixture('--port', port, ...all));
  }

  /** Opens the page and waits until its stream is open. `complaints` has the exceptions of the page and what its
   *  Content-Security-Policy refused. The page breaks its stream by itself only for visitors who accept motion. */
  async function open(options = {}) {
    const { page } = await openPage(it.browser, 'about:blank', {
      viewport: { width: 1440, height: 900 },
      reducedMotion: 'reduce',
      ...options,
    });
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) complaints.push(message.text());
    });
    await page.goto(it.server.url);
    await until(page, '#state', 'Open');
    return { page, complaints };
  }

  before(async () => {
    await mkdir(PICTURES, { recursive: true });
    it.browser = await launch();
    await start();
  });
  after(async () => {
    await it.browser?.close();
    await it.server?.stop();
  });
  return it;
}

/** Waits until the element's text has `part` in it. */
export async function until(page, selector, part, patience = PATIENCE) {
  const has = ([selector, part]) => document.querySelector(selector)?.textContent.includes(part);
  await page.waitForFunction(has, [selector, part], patience);
}

/** Waits until the figure is at least `least`. */
export async function atLeast(page, selector, least) {
  const enough = ([selector, least]) =>
    Number.parseFloat(document.querySelector(selector).textContent.replaceAll(',', '')) >= least;
  await page.waitForFunction(enough, [selector, least], PATIENCE);
}

/** A figure of the page as a number, its thousands separated by commas or not. */
export async function figure(page, selector) {
  return Number.parseFloat((await page.locator(selector).textContent()).replaceAll(',', ''));
}

/** Keeps a picture of one section, of the whole page, or of what is on the screen. */
export async function picture(page, name, selector, { fullPage = true } = {}) {
  const path = join(PICTURES, `${name}.png`);
  if (selector) await page.locator(selector).screenshot({ path });
  else await page.screenshot({ path, fullPage });
}
