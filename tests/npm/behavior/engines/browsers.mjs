// The package in Chromium and in Firefox, driven by WebDriver.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { until } from '../../../lib/wait.mjs';
import { call, openBrowser } from '../../../lib/webdriver.mjs';
import { PATIENCE } from '../support.mjs';
import { blockedSite, site } from './site.mjs';

/** Chromium blocks the cookies of `localhost`. Firefox lets tests change its settings and read the process of a tab. */
const OPTIONS = {
  chromium: {
    capabilities: {
      acceptInsecureCerts: true,
      'goog:chromeOptions': {
        prefs: { profile: { content_settings: { exceptions: { cookies: { 'localhost,*': { setting: 2 } } } } } },
      },
    },
  },
  firefox: { capabilities: { acceptInsecureCerts: true }, flags: ['--allow-system-access'] },
};

/** Defines the tests of both engines. `define` receives the name of the engine and its browser. */
export function inEachEngine(define) {
  // Side by side: most of the time they wait.
  describe('engines', { concurrency: 2 }, () => {
    for (const engine of ['chromium', 'firefox']) {
      describe(engine, { concurrency: 1, timeout: 600_000 }, () => {
        const browser = new Browser(engine, OPTIONS[engine]);
        before(() => browser.start());
        after(() => browser.close());
        define(engine, browser);
      });
    }
  });
}

const CRASH = {
  chromium: (driver) => void driver.sendDevToolsCommand('Page.crash').catch(() => {}),
  async firefox(driver) {
    // geckodriver starts Firefox so that the crash of a tab ends the browser.
    await inChrome(driver, `Services.env.set('MOZ_CRASHREPORTER_SHUTDOWN', '')`);
    const pid = await inChrome(driver, 'gBrowser.selectedBrowser.browsingContext.currentWindowGlobal.osPid');
    process.kill(pid, 'SIGKILL');
  },
};

/** Returns the value of an expression in Firefox itself. */
async function inChrome(driver, expression) {
  await driver.setContext('chrome');
  try {
    return await driver.executeScript(`return ${expression}`);
  } finally {
    await driver.setContext('content');
  }
}

/** One engine. Its commands go to one window at a time, so they are queued. */
class Browser {
  engine;
  #options;
  #opened;
  /** The window that stays open, from which tabs are opened. */
  #home;
  #queue = Promise.resolve();

  constructor(engine, options) {
    this.engine = engine;
    this.#options = options;
  }

  async start() {
    this.#opened = await openBrowser(this.engine, this.#options);
    this.#home = await this.#opened.driver.getWindowHandle();
  }

  async close() {
    await this.#opened?.close();
  }

  /** Runs commands of the driver that no command of another tab interrupts. */
  run(commands) {
    const result = this.#queue.then(() => commands(this.#opened.driver));
    this.#queue = result.catch(() => {});
    return result;
  }

  /** Blocks cookies until the end of the test, of all sites or of frames of another site. Returns the address. */
  async blockCookies(t, which) {
    if (this.engine === 'firefox') {
      await this.#set('network.cookie.cookieBehavior', which === 'all' ? 2 : 1);
      t.after(() => this.#set('network.cookie.cookieBehavior', 5));
    }
    return `${blockedSite}/index.html`;
  }

  #set(preference, value) {
    return this.run((driver) => inChrome(driver, `Services.prefs.setIntPref('${preference}', ${value})`));
  }

  /** Opens a page of the site in a new tab. The end of the test closes the tab. */
  async tab(t, address = `${site.url}/index.html`) {
    const handle = await this.run(async (driver) => {
      await driver.switchTo().window(this.#home);
      await driver.switchTo().newWindow('tab');
      await driver.get(address);
      return driver.getWindowHandle();
    });
    const tab = new Tab(this, handle);
    t.after(() => tab.close());
    await tab.ready();
    return tab;
  }
}

/** One tab. */
class Tab {
  #browser;
  #handle;
  #isInFrame = false;

  constructor(browser, handle) {
    this.#browser = browser;
    this.#handle = handle;
  }

  run(commands) {
    return this.#browser.run(async (driver) => {
      await driver.switchTo().window(this.#handle);
      if (this.#isInFrame) await driver.switchTo().frame(0);
      return commands(driver);
    });
  }

  /** Adds a frame. From now on the tab means the page in that frame. */
  async enterFrame(address) {
    await this.run((driver) =>
      driver.executeScript(`document.body.appendChild(document.createElement('iframe')).src = arguments[0]`, address),
    );
    this.#isInFrame = true;
    await this.ready();
  }

  /** Removes the frame, and keeps its last source in the page around it. */
  async leaveFrame() {
    this.#isInFrame = false;
    await this.value(`void (window.source = frames[0].source, document.querySelector('iframe').remove())`);
  }

  /** Calls a function of the page. */
  call(name, ...args) {
    return this.run((driver) => call(driver, name, ...args));
  }

  /** Returns the value of an expression in the page. */
  value(expression) {
    return this.run((driver) => driver.executeScript(`return ${expression}`));
  }

  ready() {
    return until('the page', () => this.value('globalThis.isReady'), PATIENCE);
  }

  /** Opens a source, and waits until it is open. */
  async connect(url, options) {
    await this.call('connect', url, options ?? {});
    return this.until('an open source', ({ readyState }) => readyState === 1);
  }

  report() {
    return this.call('report');
  }

  /** Waits until the report is as wanted. */
  async until(what, isThere) {
    let report;
    const look = async () => {
      report = await this.report();
      return isThere(report) && report;
    };
    return until(() => `${what}: ${JSON.stringify(report)}`, look, PATIENCE, 30);
  }

  role(role) {
    return this.until(`the role ${role}`, (report) => report.role === role);
  }

  /** Waits for `count` more events of the stream. */
  async more(count) {
    const { length } = messagesOf(await this.report());
    return this.until(`${count} more events`, (report) => messagesOf(report).length >= length + count);
  }

  /** Clicks on a link to this address, as a person does. */
  click(href) {
    return this.run((driver) =>
      driver.executeScript(
        `const link = document.body.appendChild(document.createElement('a'));
        link.href = arguments[0];
        setTimeout(() => link.click());`,
        href,
      ),
    );
  }

  reload() {
    return this.run((driver) => driver.executeScript('setTimeout(() => location.reload())'));
  }

  /** Follows a link, or another way out, and returns what the left page noted. */
  async noted() {
    return this.value(`sessionStorage.getItem('noted')`);
  }

  /** Kills the process of the tab. */
  async crash() {
    await this.run((driver) => CRASH[this.#browser.engine](driver));
  }

  async close() {
    await this.run((driver) => driver.close()).catch(() => {});
  }
}

export const messagesOf = ({ fired }) => fired.filter(({ type }) => type === 'message');
export const errorsOf = ({ fired }) => fired.filter(({ type }) => type === 'error');

/** That the numbers of the events are whole: in order, none twice, none missing. */
export function assertWhole(report) {
  const numbers = messagesOf(report).map(({ data }) => Number(data));
  assert.deepEqual(
    numbers,
    Array.from(numbers, (_, index) => numbers[0] + index),
  );
}
