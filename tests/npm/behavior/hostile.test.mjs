// Servers that attack: each attack ends in a clear error, or does no harm; memory stays bounded, and
// another source of the same process or page goes on. Memory is the peak of a process that was
// attacked once, in Node, and what a page holds afterwards, in Chromium.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { attacked } from './attacked.mjs';
import { page } from './page.mjs';
import { preset, script, stream } from './support.mjs';

const run = promisify(execFile);
const MIB = 2 ** 20;
/** Several times the limit of an event (16 MiB): parser, engine and its allocator each have a copy. */
const MOST = 160 * MIB;
/** A pause of the honest stream, which sends ten events a second, on a machine that runs all tests. */
const LONGEST_PAUSE = 10_000;
const LIMIT = { timeout: 120_000 };

/** This many bytes of only `text`, compressed: a thousandth of that on the wire. */
async function bomb(text, bytes) {
  const gzip = createGzip({ level: 9 });
  const parts = [];
  gzip.on('data', (part) => parts.push(part));
  const block = Buffer.alloc(MIB, text);
  for (let written = 0; written < bytes; written += MIB) {
    if (!gzip.write(block))
      await new Promise((resolve) => {
        gzip.once('drain', resolve);
      });
  }
  await new Promise((resolve) => {
    gzip.end(resolve);
  });
  return {
    headers: { 'content-encoding': 'gzip' },
    steps: [{ base64: Buffer.concat(parts).toString('base64') }, { hang: true }],
  };
}

const headers = Array.from({ length: 100 }, (_, number) => `x-${number}: ${number}\r\n`).join('');
const million = {
  framing: 'raw',
  steps: [
    { raw: 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n' },
    { repeat: { n: 10_000, of: [{ raw: headers }] } },
    { raw: '\r\ndata: a\n\n' },
  ],
};
const tooLarge = { reason: 'too-large', code: 'ERR_TOO_LARGE', willRetry: false };

/** The attack, what ends it, and the client's message. */
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
    () =>
      script([
        stream(
          '',
          { count: { text: 'event: type-{i}\ndata: a\n\n', n: 100_000 } },
          { text: 'data: a\n\n' },
          { hang: true },
        ),
      ]),
    '1',
  ],
};

describe('a server that attacks a client in Node', { concurrency: 2 }, () => {
  for (const [what, [attack, end, expected]] of Object.entries(ATTACKS)) {
    test(what, LIMIT, async (t) => {
      const result = await attackedInNode(await attack(), end);
      t.diagnostic(`${what}: ${JSON.stringify(result)}`);
      assertOutcome(result, expected);
    });
  }

  test('a loop of redirects', LIMIT, async (t) => {
    const result = await attackedInNode(await preset('redirect-loop'), 'error');
    t.diagnostic(JSON.stringify(result));
    assert.ok(['network', 'redirect'].includes(result.reason));
    assertUnharmed(result);
  });
});

/** The client reported the expected failure, and came to no harm. */
function assertOutcome(result, expected) {
  const { reason, code, willRetry } = result;
  assert.deepEqual(
    { reason, code, willRetry },
    { reason: undefined, code: undefined, willRetry: undefined, ...expected },
  );
  assertUnharmed(result);
}

/** No secret was shown, and neither memory nor the honest stream suffered. */
function assertUnharmed({ message, grown, longestPause }) {
  assert.ok(!message?.includes('secret-token'));
  assert.ok(grown < MOST, `${grown} bytes more`);
  assert.ok(longestPause < LONGEST_PAUSE, `the honest stream paused for ${longestPause} ms`);
}

const honestStream = () => script([stream('', { count: { text: 'id: {i}\ndata: {i}\n\n', pause_ms: 100 } })]);

async function attackedInNode(server, end) {
  const honest = await honestStream();
  const client = fileURLToPath(new URL('hostile-client.mjs', import.meta.url));
  const { stdout } = await run(process.execPath, [client, server.url, honest.url, end]);
  await server.close();
  return JSON.parse(stdout);
}

describe('a server that attacks a client in Chromium', { concurrency: 1 }, () => {
  for (const what of [
    'an endless line',
    'an endless event',
    'a compression bomb of one line',
    'a million headers',
    '200,000 tiny events',
  ]) {
    test(what, LIMIT, async (t) => {
      const [attack, end, expected] = ATTACKS[what];
      const tab = await page(t);
      const devtools = await tab.context().newCDPSession(tab);
      const heap = async () => {
        await devtools.send('HeapProfiler.collectGarbage');
        const { usedSize, backingStorageSize = 0 } = await devtools.send('Runtime.getHeapUsage');
        return usedSize + backingStorageSize;
      };
      const honest = await honestStream();
      const before = await heap();
      const happened = await tab.evaluate(attacked, [(await attack()).url, honest.url, end]);
      const result = { ...happened, grown: (await heap()) - before };
      t.diagnostic(`${what}: ${JSON.stringify(result)}`);
      assertOutcome(result, expected);
    });
  }
});
