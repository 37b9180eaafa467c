// The servers of docs/server.md, each beside the client: ids, lines, resumption, compression, CORS, refusals and restarts.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { freePort, listening } from '../../lib/ports.mjs';

const { PROJECT } = process.env;
const ORIGIN = 'https://app.example.com';
const document = await readFile(new URL('../../../docs/server.md', import.meta.url), 'utf8');
const { AuthenticatedEventSource } = createRequire(join(PROJECT, 'package.json'))('authenticated-event-source');

const snippets = new Map([...document.matchAll(/^```mjs (\S+)\n(.*?)^```/gms)].map(([, name, code]) => [name, code]));
/** Options of the client, for servers that send JSON. */
const OPTIONS = { 'better-sse': { parse: 'json' } };
const folder = join(PROJECT, 'servers');
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'events.mjs'), snippets.get('events.mjs'));
snippets.delete('events.mjs');

/** Starts the server of a snippet on a free port. */
async function start(t, name) {
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, snippets.get(name));
  const port = await freePort();
  const server = spawn(process.execPath, [file], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PORT: String(port), APP_ORIGIN: ORIGIN },
  });
  t.after(async () => {
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    if (server.exitCode === null) await gone;
  });
  await listening(port);
  return { url: `http://127.0.0.1:${port}/events`, server };
}

/** Reads `count` events with a client, which is then closed. */
async function read(url, count, options) {
  const events = [];
  for await (const event of new AuthenticatedEventSource(url, { token: 'secret', ...options })) {
    if (events.push(event) === count) return events;
  }
  assert.fail('the source ended');
}

describe('servers of docs/server.md', { concurrency: 3, timeout: 60_000 }, () => {
  test('there are four of them', () => assert.equal(snippets.size, 4));

  for (const name of snippets.keys()) {
    const options = OPTIONS[name];

    test(`${name} sends ids and every line, and resumes after the last event ID`, async (t) => {
      const { url } = await start(t, name);
      const [first, second] = await read(url, 2, options);
      assert.equal(first.type, 'metrics');
      assert.match(first.data, /^seconds: \d+\nload: /);
      assert.equal(Number(second.lastEventId), Number(first.lastEventId) + 1);
      const [resumed] = await read(url, 1, { ...options, lastEventId: first.lastEventId });
      assert.equal(resumed.lastEventId, second.lastEventId);
      // An ID from before a restart, which the new log has not reached.
      const [oldest] = await read(url, 1, { ...options, lastEventId: '1000000' });
      assert.equal(oldest.lastEventId, '1');
    });

    test(`${name} refuses a wrong token with 401 and lets other origins read it`, async (t) => {
      const { url } = await start(t, name);
      const answer = await fetch(url, { headers: { Authorization: 'Bearer wrong' } });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get('WWW-Authenticate'), 'Bearer');
      assert.equal(answer.headers.get('Access-Control-Allow-Origin'), ORIGIN);
    });

    test(`${name} answers a preflight, and the stream has the headers of a stream, without compression`, async (t) => {
      const { url } = await start(t, name);
      const preflight = await fetch(url, { method: 'OPTIONS' });
      assert.ok(preflight.ok, `status ${preflight.status}`);
      assert.match(preflight.headers.get('Access-Control-Allow-Headers'), /Authorization, Last-Event-ID/);
      const controller = new AbortController();
      const { headers } = await fetch(url, {
        headers: { Authorization: 'Bearer secret', 'Accept-Encoding': 'gzip' },
        signal: controller.signal,
      });
      assert.match(headers.get('Content-Type'), /^text\/event-stream/);
      assert.deepEqual(
        ['X-Accel-Buffering', 'SSE-Heartbeat', 'Access-Control-Allow-Origin', 'Content-Encoding'].map((header) =>
          headers.get(header),
        ),
        ['no', '15', ORIGIN, null],
      );
      controller.abort();
    });

    test(`${name} ends its streams before a restart, and then answers 503 with Retry-After`, async (t) => {
      const { url, server } = await start(t, name);
      const source = new AuthenticatedEventSource(url, { token: 'secret', ...options });
      t.after(() => source.close());
      await once(source, 'metrics');
      server.kill('SIGTERM');
      const [{ reason, willRetry }] = await once(source, 'error');
      assert.deepEqual([reason, willRetry], ['end', true]);
      const answer = await fetch(url, { headers: { Authorization: 'Bearer secret' } });
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get('Retry-After'), '5');
      assert.equal(answer.headers.get('Access-Control-Allow-Origin'), ORIGIN);
    });
  }
});
