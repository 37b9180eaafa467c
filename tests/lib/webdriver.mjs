// Chromium, Firefox and WebKitGTK, headless, by their WebDriver programs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Builder } from 'selenium-webdriver';

const { CHROMIUM = '/usr/bin/chromium', FIREFOX = '/usr/bin/firefox-esr', MINI_BROWSER } = process.env;

/** What starts the driver of an engine, and what the driver is to start. */
const BROWSERS = {
  chromium: {
    program: (port) => [process.env.CHROMEDRIVER ?? 'chromedriver', `--port=${port}`],
    capabilities: {
      browserName: 'chrome',
      'goog:chromeOptions': {
        binary: CHROMIUM,
        args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'],
      },
    },
  },
  firefox: {
    program: (port) => [process.env.GECKODRIVER ?? 'geckodriver', '--port', String(port), '--log', 'fatal'],
    capabilities: { browserName: 'firefox', 'moz:firefoxOptions': { binary: FIREFOX, args: ['-headless'] } },
  },
  webkitgtk: {
    // Without a head it knows no mode: a screen that nobody sees.
    program: (port) => ['xvfb-run', '--auto-servernum', process.env.WEBKIT_DRIVER ?? 'WebKitWebDriver', `--port=${port}`],
    capabilities: { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary: MINI_BROWSER, args: ['--automation'] } },
  },
};

export const ENGINES = Object.keys(BROWSERS);

/** How long a driver may take to listen, and a script in the page to end. */
const START = 30_000;
const SCRIPT = 15 * 60_000;

/** Starts a browser; `driver` is its WebDriver, `close()` waits until it is gone. */
export async function openBrowser(engine) {
  const { program, capabilities } = BROWSERS[engine];
  const port = await freePort();
  const [command, ...flags] = program(port);
  // A profile of its own, and a group of processes that ends as one.
  const home = await mkdtemp(join(tmpdir(), `${engine}-`));
  const server = spawn(command, flags, { stdio: 'ignore', detached: true, env: { ...process.env, HOME: home, XDG_CACHE_HOME: home } });
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
    const driver = await new Builder().usingServer(url).withCapabilities(capabilities).build();
    await driver.manage().setTimeouts({ script: SCRIPT });
    return { driver, version: await versionOf(driver), close: () => end(driver) };
  } catch (error) {
    if (server.pid) await end();
    throw error;
  }
}

async function versionOf(driver) {
  const capabilities = await driver.getCapabilities();
  return `${capabilities.get('browserName')} ${capabilities.get('browserVersion')}`;
}

async function listening(url) {
  for (const start = Date.now(); Date.now() - start < START; ) {
    const answer = await fetch(`${url}/status`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the driver does not listen at ${url}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Calls the function of that name in the page, and waits for what it promises. */
export async function call(driver, name, ...args) {
  const { value, error } = await driver.executeAsyncScript(`
    const [name, args, done] = arguments;
    globalThis[name](...args).then((value) => done({ value }), (error) => done({ error: String(error?.stack ?? error) }));
  `, name, args);
  if (error) throw new Error(error);
  return value;
}
