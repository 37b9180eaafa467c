// The marks in the comparison of README.md: each client plays the same faults in Chromium, and the log of the fault
// server decides.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launch } from '../../lib/chromium.mjs';
import { broken, header, open, status, storeScript } from '../../lib/fault-script.mjs';
import { startFixture } from '../../lib/fixture.mjs';

const { PROJECT } = process.env;
const ROOT = new URL('../../../', import.meta.url);
const { build } = createRequire(new URL('pkg-template/package.json', ROOT))('esbuild');

/** The columns of the table. Each function connects, calls `onEvent` with the data of each event, and has the token
 *  of `session`. What the client's documentation offers for a header is used. */
const CLIENTS = `
import { AuthenticatedEventSource } from 'authenticated-event-source';
import { EventSource as PackageEventSource } from 'eventsource';
import { fetchEventSource } from '@microsoft/fetch-event-source';

const session = { number: 1, token: () => 'token-' + session.number };
const authorization = () => ({ Authorization: 'Bearer ' + session.token() });

const clients = {
  browser(url, onEvent) {
    new EventSource(url).onmessage = ({ data }) => onEvent(data);
  },
  eventsource(url, onEvent) {
    const withToken = (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...authorization() } });
    new PackageEventSource(url, { fetch: withToken }).onmessage = ({ data }) => onEvent(data);
  },
  fetchEventSource(url, onEvent) {
    fetchEventSource(url, { headers: authorization(), openWhenHidden: true, onmessage: ({ data }) => onEvent(data) }).catch(() => {});
  },
  ours(url, onEvent) {
    const auth = { token: session.token, onUnauthorized: () => { session.number += 1; } };
    new AuthenticatedEventSource(url, { auth, heartbeatTimeout: 1500 }).onmessage = ({ data }) => onEvent(data);
  },
};

window.events = [];
window.connect = (name, url, throws) =>
  clients[name](url, (data) => {
    window.events.push(data);
    if (throws) throw new Error('the listener of the test');
  });
`;

/** The rows of the table: what to answer, and what the log and the events must show. */
const ROWS = {
  'Sends an `Authorization` header': {
    responses: [open('data: a\n\n')],
    proves: async (script) => header((await script.requests(1))[0], 'authorization') === 'Bearer token-1',
  },
  'Gets a new token after a 401': {
    responses: [status(401), open('data: a\n\n')],
    proves: async (script) => header((await script.requests(2))[1], 'authorization') === 'Bearer token-2',
  },
  'Waits as long as `Retry-After` says, and tries again': {
    responses: [status(503, { 'retry-after': '3' }), open('data: a\n\n')],
    proves: async (script) => {
      const [first, second] = await script.requests(2);
      return second.at_ms - first.at_ms >= 3000;
    },
  },
  'Repeats an event that was cut in the middle': {
    responses: [broken('retry: 100\n\nid: 1\ndata: a\n\nid: 2\ndata: b'), open('id: 2\ndata: b\n\n')],
    proves: async (script) => header((await script.requests(2))[1], 'last-event-id') === '1',
  },
  'Notices a dead connection that was never closed': {
    responses: [open('retry: 100\ndata: a\n\n'), open('data: b\n\n')],
    proves: async (script) => (await script.requests(2)).length === 2,
  },
  'Delivers the next event after a listener threw': {
    responses: [open('data: a\n\ndata: b\n\n')],
    throws: true,
    proves: async (_, page) => {
      await page.waitForFunction(() => window.events.includes('b'), undefined, { timeout: 6000 });
      return true;
    },
  },
};

let browser;
let server;
let code;
before(async () => {
  const options = { bundle: true, format: 'esm', write: false, logLevel: 'error' };
  const stdin = { contents: CLIENTS, resolveDir: PROJECT };
  code = (await build({ ...options, stdin })).outputFiles[0].text;
  [browser, server] = await Promise.all([launch(), startFixture('--port', '0', '--fault-port', '0')]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Whether the client shows what the row promises. A request that does not come is an answer too. */
async function mark(client, { responses, throws = false, proves }) {
  const script = await storeScript({ responses }, server.faults, { patience: 6000 });
  const page = await browser.newPage();
  const origin = new URL(script.url).origin;
  await page.route(`${origin}/page`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<script type="module" src="/page.js"></script>' }),
  );
  await page.route(`${origin}/page.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: code }));
  try {
    await page.goto(`${origin}/page`);
    await page.waitForFunction(() => window.connect);
    await page.evaluate(([client, url, throws]) => window.connect(client, url, throws), [client, script.url, throws]);
    return (await proves(script, page)) ? 'yes' : 'no';
  } catch (error) {
    if (/no sign of|Timeout/.test(error.message)) return 'no';
    throw error;
  } finally {
    await page.close();
  }
}

test('the comparison in README.md is what the clients do', { timeout: 120_000 }, async () => {
  const columns = ['browser', 'eventsource', 'fetchEventSource', 'ours'];
  const lines = await Promise.all(
    Object.entries(ROWS).map(async ([name, row]) => {
      const marks = await Promise.all(columns.map((client) => mark(client, row)));
      return `| ${name} | ${marks.join(' | ')} |`;
    }),
  );
  const readme = await readFile(new URL('README.md', ROOT), 'utf8');
  const shown = readme.split('\n').filter((line) => Object.keys(ROWS).some((name) => line.startsWith(`| ${name} |`)));
  assert.deepEqual(shown, lines);
});
