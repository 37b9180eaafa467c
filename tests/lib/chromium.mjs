// Headless Chromium from Debian's package.
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Flags for every test: no screen, no sandbox for root, and no network access of the browser's own. */
export const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the browser, with options of Playwright. The caller closes it. */
export function launch(options = {}) {
  return chromium.launch({ ...options, executablePath: PROGRAM, args: FLAGS });
}

/** Starts the browser with its default page lifecycle, so that pages can be hidden and frozen. Playwright by
 *  itself keeps each page visible. All pages share one context. */
export async function launchAsUsed(attempts = 3) {
  const { program, end } = await start(['--remote-debugging-port=0'], 'pipe');
  try {
    const browser = await chromium.connectOverCDP(await addressOf(program), { noDefaults: true });
    const close = async () => {
      await browser.close();
      await end();
    };
    return { context: browser.contexts()[0], close };
  } catch (error) {
    await end();
    if (attempts === 1) throw error;
    // On a busy machine, one Chromium in hundreds accepts the connection and then never answers.
    return launchAsUsed(attempts - 1);
  }
}

/** Starts the browser with one page and without an inspector. */
export async function launchAlone(url) {
  const { program, end } = await start([url]);
  return { pid: program.pid, close: end };
}

/** Starts the program with a profile of its own, and removes the profile at the end. */
async function start(args, stderr = 'ignore') {
  const folder = await mkdtemp(join(tmpdir(), 'chromium-'));
  const program = spawn(PROGRAM, [...FLAGS, `--user-data-dir=${folder}`, ...args], {
    stdio: ['ignore', 'ignore', stderr],
  });
  const gone = once(program, 'exit');
  const end = async () => {
    program.kill();
    await gone;
    await rm(folder, { recursive: true, maxRetries: 5 });
  };
  return { program, end };
}

/** Reads the address of the inspector from stderr. */
async function addressOf(program) {
  const lines = createInterface(program.stderr);
  for await (const [line] of on(lines, 'line')) {
    const [address] = line.match(/ws:\/\/\S+/) ?? [];
    if (!address) continue;
    lines.resume();
    return address;
  }
  throw new Error('Chromium does not listen');
}

/** Opens a page, with options of Playwright, and collects its errors and failed requests in `complaints`. */
export async function openPage(browser, url, options = {}) {
  const page = await browser.newPage(options);
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  await page.goto(url);
  return { page, complaints };
}
