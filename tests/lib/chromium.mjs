// Headless Chromium, the one that Debian packages, with nothing that talks to the outside.
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the browser, with options of Playwright's if need be; whoever starts it closes it. */
export function launch(options = {}) {
  return chromium.launch({ ...options, executablePath: PROGRAM, args: FLAGS });
}

/** Starts the browser as people have it, where a page can be hidden and frozen: Playwright by
 *  itself has each page believe that it is looked at. All pages are in the one context. */
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
    // On a machine that compiles beside, one in hundreds is reached and then answers nothing, however long one waits.
    return launchAsUsed(attempts - 1);
  }
}

/** Starts the browser with one page, and nothing that looks into it. */
export async function launchAlone(url) {
  const { program, end } = await start([url]);
  return { pid: program.pid, close: end };
}

/** Starts the program with a profile of its own, which is gone with it. */
async function start(args, stderr = 'ignore') {
  const folder = await mkdtemp(join(tmpdir(), 'chromium-'));
  const program = spawn(PROGRAM, [...FLAGS, `--user-data-dir=${folder}`, ...args], { stdio: ['ignore', 'ignore', stderr] });
  const gone = once(program, 'exit');
  const end = async () => {
    program.kill();
    await gone;
    await rm(folder, { recursive: true, maxRetries: 5 });
  };
  return { program, end };
}

/** Where it listens for us, which it says on stderr. */
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

/** Opens a page, with Playwright's options for it, and collects what goes wrong in it, which a test
 *  then asks for. */
export async function openPage(browser, url, options = {}) {
  const page = await browser.newPage(options);
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  await page.goto(url);
  return { page, complaints };
}
