// Tabs of one site in headless Chromium, and a worker in one of them, that share a connection.
import assert from 'node:assert/strict';
import { launchAsUsed } from '../../lib/chromium.mjs';
import { contextFor, openSite, readyPage } from './site.mjs';
import { fixture, PATIENCE } from './support.mjs';

const setup = `
  import { AuthenticatedEventSource as Plain } from './dist/index.js';
  import { AuthenticatedEventSource as Shared } from './dist/shared.js';
  import { health } from './dist/observe.js';
  globalThis.Classes = { Plain, Shared };
  /** Opens a source and notes what it fires. */
  globalThis.connect = (url, options = {}, Class = Shared) => {
    const { token, ...init } = options;
    // Counted, so that a test sees which tab called its provider.
    if (token) init.auth = () => (globalThis.tokenCalls = (globalThis.tokenCalls ?? 0) + 1, token);
    const source = new Class(url, { retry: { initialDelay: 100, maxDelay: 100, jitter: 'none' }, ...init });
    source.health = health(source);
    source.fired = [];
    for (const type of ['open', 'message', 'error', 'connectionclose', 'streamcomment', 'tick']) {
      source.addEventListener(type, ({ type, data, lastEventId, reason, status, message, willRetry, resumed, response }) =>
        source.fired.push({ type, data, id: lastEventId, reason, status, message, willRetry, resumed, from: response?.url }));
    }
    return (globalThis.source = source);
  };
  /** What the tests ask for, in the page and in the worker. */
  globalThis.ask = {
    connect: (url, options, name) => void connect(url, options, Classes[name]),
    close: () => source.close(),
    reconnect: () => source.reconnect(),
    hang: (ms) => void setTimeout(() => { const end = Date.now() + ms; while (Date.now() < end); }),
    report: () => ({
      role: source.role, readyState: source.readyState, lastEventId: source.lastEventId, phase: source.state.phase,
      reconnectionTime: source.reconnectionTime, fired: source.fired, tokenCalls: globalThis.tokenCalls ?? 0, health: source.health,
    }),
  };
  globalThis.onmessage = ({ data: { id, name, args } }) => {
    if (name in ask) postMessage({ id, answer: ask[name](...args) });
  };
  globalThis.startWorker = () => new Promise((resolve) => {
    const worker = new Worker('setup.js', { type: 'module' });
    worker.onmessage = ({ data }) => (data === 'ready' ? resolve() : worker.waiting.get(data.id)(data.answer));
    worker.waiting = new Map();
    globalThis.askWorker = (name, args) => new Promise((resolve) => {
      const id = worker.waiting.size;
      worker.waiting.set(id, resolve);
      worker.postMessage({ id, name, args });
    });
  });
  if (globalThis.document) globalThis.isReady = true;
  else postMessage('ready');
`;

const pageOf = (title) => `<!doctype html><title>${title}</title><script type="module" src="setup.js"></script>`;
const { site, browser } = await openSite({
  'index.html': pageOf('index'),
  'other.html': pageOf('other'),
  'setup.js': setup,
});

/** A person's browser: its tabs share storage, locks and connections, and nothing with others. */
export async function person(t) {
  const context = await contextFor(t, browser);
  return { tab: () => openTab(context), worker: async () => openWorker(await openTab(context)) };
}

/** The same in a browser whose tabs can be frozen; they are never looked at. */
export async function awayPerson(t) {
  const { context, close } = await launchAsUsed();
  t.after(close);
  return { tab: () => openTab(context), worker: async () => openWorker(await openTab(context)) };
}

async function openTab(context) {
  const page = await readyPage(context, `${site.url}/index.html`);
  return new Tab(page, (name, args) => page.evaluate(([name, args]) => ask[name](...args), [name, args]));
}

async function openWorker(tab) {
  const { page } = tab;
  await page.evaluate(() => startWorker());
  return new Tab(page, (name, args) => page.evaluate(([name, args]) => askWorker(name, args), [name, args]));
}

class Tab {
  #ask;

  constructor(page, ask) {
    this.page = page;
    this.#ask = ask;
  }

  connect(url, options = {}, name = 'Shared') {
    return this.#ask('connect', [url, options, name]);
  }

  close() {
    return this.#ask('close', []);
  }

  reconnect() {
    return this.#ask('reconnect', []);
  }

  /** Keeps its only thread busy. */
  hang(ms) {
    return this.#ask('hang', [ms]);
  }

  report() {
    return this.#ask('report', []);
  }

  /** Waits until the report is as wanted. */
  async until(what, isThere) {
    const end = Date.now() + PATIENCE * 2;
    for (;;) {
      const report = await this.report();
      if (isThere(report)) return report;
      assert.ok(Date.now() < end, `no sign of ${what}: ${describe(report)}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  role(role) {
    return this.until(`the role ${role}`, (report) => report.role === role);
  }

  async opened() {
    return this.until('an open connection', ({ readyState }) => readyState === 1);
  }

  /** Waits until it has had the event with this number. */
  had(number) {
    return this.until(`event ${number}`, ({ fired }) => numbersOf(fired).includes(number));
  }

  /** Waits until it has received this many more events. */
  async more(count) {
    const {
      fired: { length },
    } = await this.report();
    return this.until(`${count} more`, ({ fired }) => fired.length >= length + count);
  }

  async closeTab() {
    await this.page.close();
  }

  /** Ends its process without a word. */
  async crash() {
    const session = await this.page.context().newCDPSession(this.page);
    const crashed = this.page.waitForEvent('crash');
    session.send('Page.crash').catch(() => {});
    await crashed;
  }

  /** As the browser does with tabs that were hidden for long. */
  freeze() {
    return this.#live('frozen');
  }

  thaw() {
    return this.#live('active');
  }

  async #live(state) {
    const session = await this.page.context().newCDPSession(this.page);
    await session.send('Page.setWebLifecycleState', { state });
    await session.detach();
  }
}

function describe({ fired, ...rest }) {
  const events = fired.slice(0, 5).concat(fired.slice(-5));
  return `${JSON.stringify(rest)} ${fired.length} events: ${JSON.stringify(events)}`;
}

/** That the numbers of the events are whole: in order, none twice, none missing. */
export function assertWhole(fired) {
  const found = numbersOf(fired);
  assert.ok(found.length > 0, 'there are events');
  assert.deepEqual(
    found,
    Array.from(found, (_, place) => found[0] + place),
  );
}

const numbersOf = (fired) => fired.map(({ data }) => Number(data ?? NaN)).filter(Number.isFinite);

/** A stream of the reference server's for one user; `publish(n)` sends that user the next n numbers. */
export async function reference(t) {
  const post = async (path, body, token) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(fixture.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  };
  const user = t.name.replaceAll(/\W/g, '-');
  const { token } = await post('/login', { user });
  let count = 0;
  const publish = async (n) => {
    for (const end = count + n; count < end; )
      await post('/publish', { type: 'tick', data: String(++count), to: user }, token);
  };
  return { url: `${fixture.url}/events?types=tick`, token, publish };
}

/** Tabs that were opened one after the other; the first one leads. */
export async function tabs({ tab }, count, url, options) {
  const opened = [];
  for (let i = 0; i < count; i++) {
    opened.push(await tab());
    await opened[i].connect(url, options);
    await opened[i].role(i === 0 ? 'leading' : 'following');
    await opened[i].opened();
  }
  return opened;
}
