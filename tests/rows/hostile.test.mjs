// Servers that attack: each attack ends in a clear error, or does no harm; memory stays bounded, and
// another source of the same process or page goes on. Memory is the peak of a process that was
// attacked once, in Node, and what a page holds afterwards, in Chromium.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { page } from './page.mjs';
import { preset, script, stream } from './support.mjs';

const run = promisify(execFile);
const MIB = 2 ** 20;
/** Several times the limit of an event (16 MiB): parser, engine and its allocator each have a copy. */
const MOST = 160 * MIB;
/** A pause of the honest stream, which sends ten events a second, on a machine that runs all tests. */
const LONGEST_PAUSE = 10_000;
const LIMIT = { timeout: 120_000 };

/** So many bytes of nothing but `text`, compressed: a thousandth of that on the wire. */
async function bomb(text, bytes) {
  const gzip = createGzip({ level: 9 });
  const parts = [];
  gzip.on('data', (part) => parts.push(part));
  const block = Buffer.alloc(MIB, text);
  for (let written = 0; written < bytes; written += MIB) {
    if (!gzip.write(block)) await new Promise((resolve) => { gzip.once('drain', resolve); });
  }
  await new Promise((resolve) => { gzip.end(resolve); });
  return { headers: { 'content-encoding': 'gzip' }, steps: [{ base64: Buffer.concat(parts).toString('base64') }, { hang: true }] };
}

const headers = Array.from({ length: 100 }, (_, number) => `x-${number}: ${number}\r\n`).join('');
const million = {
  framing: 'raw',
  steps: [{ raw: 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n' }, { repeat: { n: 10_000, of: [{ raw: headers }] } }, { raw: '\r\ndata: a\n\n' }],
};
const tooLarge = { reason: 'too-large', code: 'ERR_TOO_LARGE', willRetry: false };

/** Attack, what ends it, and what the client says. */
const ATTACKS = {
  'an endless line': [() => preset('endless-line'), 'fatal', tooLarge],
  'an endless comment': [() => preset('endless-comment'), 'fatal', tooLarge],
  'an endless field name': [() => preset('endless-field-name'), 'fatal', tooLarge],
  'an endless event': [() => preset('endless-event'), 'fatal', tooLarge],
  'a compression bomb of one line': [async () => script([await bomb('x', 512 * MIB)]), 'fatal', tooLarge],
  'a million headers': [() => script([million]), 'error', { reason: 'network', code: 'ERR_NETWORK', willRetry: true }],
  'a head that drips': [() => preset('slow-head', { ms: '20' }), '1'],
  'a body that drips': [() => preset('slow-body', { ms: '20' }), '2'],
  '200,000 tiny events': [() => preset('tiny-events', { n: '200000' }), '200000'],
  'a hundred thousand event types': [
    () => script([stream('', { count: { text: 'event: type-{i}\ndata: a\n\n', n: 100_000 } }, { text: 'data: a\n\n' }, { hang: true })]), '1',
  ],
};

describe('a server that attacks a client in Node', { concurrency: 2 }, () => {
  for (const [what, [attack, end, expected]] of Object.entries(ATTACKS)) {
    test(what, LIMIT, async (t) => {
      const result = await attacked(await attack(), end);
      t.diagnostic(`${what}: ${JSON.stringify(result)}`);
      const { reason, code, willRetry, message } = result;
      assert.deepEqual({ reason, code, willRetry }, { reason: undefined, code: undefined, willRetry: undefined, ...expected });
      assert.ok(!message?.includes('secret-token'));
    });
  }

  test('a loop of redirects', LIMIT, async (t) => {
    const result = await attacked(await preset('redirect-loop'), 'error');
    t.diagnostic(JSON.stringify(result));
    assert.ok(['network', 'redirect'].includes(result.reason));
  });
});

/** Lets a client be attacked beside an honest stream. */
async function attacked(server, end) {
  const honest = await script([stream('', { count: { text: 'id: {i}\ndata: {i}\n\n', pause_ms: 100 } })]);
  const client = fileURLToPath(new URL('hostile-client.mjs', import.meta.url));
  const { stdout } = await run(process.execPath, [client, server.url, honest.url, end]);
  const result = JSON.parse(stdout);
  assert.ok(result.grown < MOST, `${result.grown} bytes more at the peak`);
  assert.ok(result.longestPause < LONGEST_PAUSE, `the honest stream paused for ${result.longestPause} ms`);
  await server.close();
  return result;
}

describe('a server that attacks a client in Chromium', { concurrency: 1 }, () => {
  for (const what of ['an endless line', 'an endless event', 'a compression bomb of one line', 'a million headers', '200,000 tiny events']) {
    test(what, LIMIT, async (t) => {
      const [attack, end, expected] = ATTACKS[what];
      const tab = await page(t);
      const devtools = await tab.context().newCDPSession(tab);
      const heap = async () => {
        await devtools.send('HeapProfiler.collectGarbage');
        const { usedSize, backingStorageSize = 0 } = await devtools.send('Runtime.getHeapUsage');
        return usedSize + backingStorageSize;
      };
      const honest = await script([stream('', { count: { text: 'id: {i}\ndata: {i}\n\n', pause_ms: 100 } })]);
      const before = await heap();
      const result = await tab.evaluate(attackedPage, [(await attack()).url, honest.url, end]);
      const grown = (await heap()) - before;
      t.diagnostic(`${what}: ${JSON.stringify({ ...result, grown })}`);
      if (expected) assert.deepEqual({ ...result.failure, message: undefined }, { ...expected, message: undefined });
      assert.ok(grown < MOST, `${grown} bytes more afterwards`);
      assert.ok(result.longestPause < LONGEST_PAUSE, `the honest stream paused for ${result.longestPause} ms`);
    });
  }
});

/** In the page: the same as the client in Node. */
async function attackedPage([attacker, honest, end]) {
  const retry = { initialDelay: 100, maxDelay: 100, jitter: 'none' };
  let longestPause = 0;
  const bystander = new AuthenticatedEventSource(honest, { retry });
  await new Promise((resolve) => { bystander.onmessage = resolve; });
  let last = performance.now();
  bystander.onmessage = () => {
    const now = performance.now();
    longestPause = Math.max(longestPause, now - last);
    last = now;
  };
  const source = new AuthenticatedEventSource(attacker, { auth: 'secret-token', retry });
  let events = 0;
  const failure = await new Promise((resolve) => {
    source.onmessage = () => {
      events += 1;
      if (`${events}` === end) resolve();
    };
    source.onerror = ({ reason, code, message, willRetry }) => {
      if (end === 'error' || !willRetry) resolve({ reason, code, message, willRetry });
    };
  });
  await new Promise((resolve) => { bystander.addEventListener('message', resolve, { once: true }); });
  source.close();
  bystander.close();
  return { failure, events, longestPause };
}
