// `./fetch-event-source`: what the package of this signature documents, held against both.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ended, header, open, script, status, stream } from './support.mjs';
import { both, call, first, message, second } from './fetch-event-source.mjs';

for (const [name, fetchEventSource] of Object.entries(both)) {
  const start = (t, server, init) => call(t, fetchEventSource, server, init);

  describe(name, { concurrency: 8, timeout: 60_000 }, () => {
    test('opens with the response, gives each event, says when the server has ended, and resolves', async (t) => {
      const server = await script([{ ...ended(first + second), headers: { 'x-from': 'server' } }]);
      const run = start(t, server);
      await run.promise;
      assert.deepEqual(run.heard, ['open', 'message', 'message', 'close']);
      assert.equal(run.responses[0].headers.get('x-from'), 'server');
      assert.deepEqual(run.messages, [message('1', 'a'), message('2', 'b')]);
      await server.exactly(1);
    });

    test('`id` and `event` are those of the event itself, empty if it has none', async (t) => {
      const server = await script([
        ended('id: 1\nevent: message\ndata: a\n\ndata: b\n\nevent: tick\ndata: c\ndata: d\n\n'),
      ]);
      const run = start(t, server);
      await run.promise;
      assert.deepEqual(run.messages, [message('1', 'a', 'message'), message('', 'b'), message('', 'c\nd', 'tick')]);
    });

    test('events named like those of a source are events of the stream', async (t) => {
      const named = ['error', 'close', 'open'].map((type) => `event: ${type}\ndata: ${type}\n\n`).join('');
      const run = start(t, await script([ended(named + first)]));
      await run.promise;
      assert.deepEqual(
        run.messages.map(({ data }) => data),
        ['error', 'close', 'open', 'a'],
      );
      assert.deepEqual(run.heard, ['open', ...Array(4).fill('message'), 'close']);
    });

    test('`retry` is on the event that sets it', async (t) => {
      const run = start(t, await script([ended('retry: 4000\ndata: a\n\n')]));
      await run.promise;
      assert.equal(run.messages[0].retry, 4000);
    });

    test('sends method, headers and body, and asks for an event stream', async (t) => {
      const server = await script([ended(first)]);
      const headers = { 'Content-Type': 'application/json', Authorization: 'Bearer secret' };
      await start(t, server, { method: 'POST', headers, body: '{"foo":"bar"}' }).promise;
      const [request] = await server.requests(1);
      assert.deepEqual([request.method, request.body], ['POST', '{"foo":"bar"}']);
      assert.deepEqual(
        ['content-type', 'accept'].map((name) => header(request, name)),
        ['application/json', 'text/event-stream'],
      );
      assert.equal(request.authorization.value, 'Bearer secret');
    });

    test("the caller's `accept` stands", async (t) => {
      const server = await script([ended(first)]);
      await start(t, server, { headers: { accept: 'application/x-stream' } }).promise;
      assert.equal(header((await server.requests(1))[0], 'accept'), 'application/x-stream');
    });

    test("the caller's `fetch` is used", async (t) => {
      const server = await script([ended(first)]);
      const seen = [];
      await start(t, server, { fetch: (url, init) => (seen.push(String(url)), fetch(url, init)) }).promise;
      assert.deepEqual(seen, [server.url]);
    });

    test('`onopen` is waited for before any event', async (t) => {
      const run = start(t, await script([ended(first)]), {
        onopen: async () => {
          await new Promise((resolve) => {
            setTimeout(resolve, 100);
          });
          run.heard.push('ready');
        },
      });
      await run.promise;
      assert.deepEqual(run.heard, ['ready', 'message', 'close']);
    });

    test('`onopen` takes the place of the check: what it lets in is read', async (t) => {
      const answer = { ...ended(first), status: 201, headers: { 'content-type': 'text/plain' } };
      const run = start(t, await script([answer]), { onopen: async () => {} });
      await run.promise;
      assert.deepEqual(run.messages, [message('1', 'a')]);
    });

    test('`signal`: ends the request and resolves; nothing is called any more', async (t) => {
      const server = await script([stream(first, { hang: true })]);
      const ctrl = new AbortController();
      const run = start(t, server, {
        signal: ctrl.signal,
        onmessage: () => {
          run.heard.push('message');
          ctrl.abort();
        },
      });
      await run.promise;
      assert.equal((await server.ended(1))[0].ended.by, 'client');
      await server.exactly(1);
      assert.deepEqual(run.heard, ['open', 'message']);
    });

    test('`signal` while it waits for the next attempt: no more attempts', async (t) => {
      const server = await script([status(503), open(first)]);
      const ctrl = new AbortController();
      const run = start(t, server, {
        signal: ctrl.signal,
        onerror: () => {
          setTimeout(() => ctrl.abort(), 20);
          return 200;
        },
      });
      await run.promise;
      await server.exactly(1, 600);
    });
  });
}
