// Chromium, Firefox and WebKitGTK without a screen, driven by WebDriver.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Builder } from 'selenium-webdriver';
import { FLAGS } from './chromium.mjs';
import { freePort } from './ports.mjs';
import { until } from './wait.mjs';

const { CHROMIUM = '/usr/bin/chromium', FIREFOX = '/usr/bin/firefox-esr', MINI_BROWSER } = process.env;

/** For each engine, the program of its driver and the capabilities of its browser. */
const BROWSERS = {
  chromium: {
    program: (port) => [process.env.CHROMEDRIVER ?? 'chromedriver', `--port=${port}`],
    capabilities: {
      browserName: 'chrome',
      'goog:chromeOptions': {
        binary: CHROMIUM,
        args: FLAGS,
      },
    },
  },
  firefox: {
    program: (port) => [process.env.GECKODRIVER ?? 'geckodriver', '--port', String(port), '--log', 'fatal'],
    capabilities: { browserName: 'firefox', 'moz:firefoxOptions': { binary: FIREFOX, args: ['-headless'] } },
  },
  webkitgtk: {
    // WebKitGTK's browser has no headless mode: it gets a virtual screen.
    program: (port) => [
      'xvfb-run',
      '--auto-servernum',
      process.env.WEBKIT_DRIVER ?? 'WebKitWebDriver',
      `--port=${port}`,
    ],
    capabilities: {
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { binary: MINI_BROWSER, args: ['--automation'] },
    },
  },
};

export const ENGINES = Object.keys(BROWSERS);

/** The limits for the start of a driver and for a script in a page, in milliseconds. */
const START = 30_000;
const SCRIPT = 15 * 60_000;

/** Starts a browser. `driver` is its WebDriver, and `close()` waits for its exit. The caller may pass more
 *  `capabilities`, and flags of the driver's program. */
export async function openBrowser(engine, { capabilities = {}, flags: more = [] } = {}) {
  const { program, capabilities: usual } = BROWSERS[engine];
  const port = await freePort();
  const [command, ...flags] = [...program(port), ...more];
  // The browser gets a profile and a process group of its own, so that both can be removed as a whole.
  const home = await mkdtemp(join(tmpdir(), `${engine}-`));
  const server = spawn(command, flags, {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, HOME: home, XDG_CACHE_HOME: home },
  });
  const gone = once(server, 'exit');
  const failed = new Promise((_, reject) => server.on('error', reject));
  const end = async (driver) => {
    await driver?.quit().catch(() => {});
    if (server.exitCode === null) process.kill(-server.pid, 'SIGTERM');
    await gone;
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    const url = `http://127.0.0.1:${port}`;
    await Promise.race([listening(url), failed]);
    const driver = await new Builder().usingServer(url).withCapabilities(merged(usual, capabilities)).build();
    await driver.manage().setTimeouts({ script: SCRIPT });
    return { driver, version: await versionOf(driver), close: () => end(driver) };
  } catch (error) {
    if (server.pid) await end();
    throw error;
  }
}

/** Merges the options of the browser, which are an object among the capabilities. */
function merged(usual, more) {
  const all = { ...usual, ...more };
  for (const [name, options] of Object.entries(more)) {
    if (typeof options === 'object') all[name] = { ...usual[name], ...options };
  }
  return all;
}

async function versionOf(driver) {
  const capabilities = await driver.getCapabilities();
  return `${capabilities.get('browserName')} ${capabilities.get('browserVersion')}`;
}

/** Waits until the driver is ready. */
async function listening(url) {
  const isReady = () =>
    fetch(`${url}/status`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(`a WebDriver at ${url}`, isReady, START, 100);
}

/** Calls the function of that name in the page and returns the result of its promise. */
export async function call(driver, name, ...args) {
  const { value, error } = await driver.executeAsyncScript(
    `
    const [name, args, done] = arguments;
    globalThis[name](...args).then((value) => done({ value }), (error) => done({ error: String(error?.stack ?? error) }));
  `,
    name,
    args,
  );
  if (error) throw new Error(error);
  return value;
}
