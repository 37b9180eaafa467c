// `./fetch-event-source`: what the package of this signature documents, held against both.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getEventListeners } from 'node:events';
import {
  assertWait, broken, cursors, dead, ended, header, open, script, status, stream, tokens, waits,
} from './support.mjs';
import { both, call, EventSourceError, fetchEventSource, hide, RetriableError } from './fetch-event-source.mjs';

const first = 'id: 1\ndata: a\n\n';
const second = 'id: 2\ndata: b\n\n';
const message = (id, data, event = '') => ({ id, event, data, retry: undefined });

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
      const server = await script([ended('id: 1\nevent: message\ndata: a\n\ndata: b\n\nevent: tick\ndata: c\ndata: d\n\n')]);
      const run = start(t, server);
      await run.promise;
      assert.deepEqual(run.messages, [message('1', 'a', 'message'), message('', 'b'), message('', 'c\nd', 'tick')]);
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
        onopen: async () => { await new Promise((resolve) => { setTimeout(resolve, 100); }); run.heard.push('ready'); },
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

    test('what `onopen` throws goes to `onerror`; what that throws rejects the promise', async (t) => {
      const server = await script([status(404)]);
      const refusal = new Error('not found');
      const fatal = new Error('given up');
      const run = start(t, server, {
        onopen: async (response) => { if (response.status === 404) throw refusal; },
        onerror: (error) => { run.errors.push(error); throw fatal; },
      });
      assert.equal(await run.promise.catch((error) => error), fatal);
      assert.deepEqual(run.errors, [refusal]);
      await server.exactly(1);
    });

    test('`onerror` that returns a number: the next attempt comes after so many milliseconds', async (t) => {
      const server = await script([dead, status(503), ended(first)]);
      await start(t, server, { onopen: undefined, onerror: () => 150 }).promise;
      const [one, two] = waits(await server.exactly(3));
      assertWait(one, 150);
      assertWait(two, 150);
    });

    test('`onerror` that returns nothing: the next attempt comes by itself, after a second or more', async (t) => {
      const server = await script([dead, ended(first)]);
      const run = start(t, server, { onerror: (error) => { run.errors.push(error); } });
      await run.promise;
      assert.equal(run.errors.length, 1);
      assert.ok(run.errors[0] instanceof Error);
      assertWait(waits(await server.exactly(2))[0], 1000);
    });

    test('goes on after the last event, and waits as `retry` of the stream says', async (t) => {
      const server = await script([broken(`retry: 300\n${first}`), ended(second)]);
      const run = start(t, server);
      await run.promise;
      assert.deepEqual(run.messages.map(({ data }) => data), ['a', 'b']);
      const requests = await server.exactly(2);
      assert.deepEqual(cursors(requests), [null, '1']);
      // From the first byte; the stream broke off 100 ms later.
      assertWait(waits(requests)[0], 300);
    });

    test('`onclose` that throws: the error goes to `onerror`, which may retry', async (t) => {
      const server = await script([ended(first), ended(second)]);
      let closes = 0;
      const run = start(t, server, {
        onclose: () => { closes += 1; if (closes === 1) throw new RetriableError(); },
        onerror: (error) => { run.errors.push(error); return 100; },
      });
      await run.promise;
      assert.ok(run.errors[0] instanceof RetriableError);
      assert.deepEqual([closes, run.messages.length, run.errors.length], [2, 2, 1]);
      assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
    });

    test('what `onmessage` throws goes to `onerror`; what that throws rejects the promise', async (t) => {
      const server = await script([open(`event: FatalError\n${first}${second}`)]);
      const run = start(t, server, {
        onmessage: ({ event }) => { run.messages.push(event); if (event === 'FatalError') throw new RetriableError('fatal'); },
        onerror: (error) => { throw error; },
      });
      await assert.rejects(run.promise, { message: 'fatal' });
      assert.deepEqual(run.messages, ['FatalError']);
      assert.equal((await server.ended(1))[0].ended.by, 'client');
      await server.exactly(1);
    });

    test('what `onmessage` throws and `onerror` answers with a number: connects anew', async (t) => {
      const server = await script([open(first), ended(second)]);
      let messages = 0;
      await start(t, server, {
        onmessage: () => { messages += 1; if (messages === 1) throw new RetriableError(); },
        onerror: () => 100,
      }).promise;
      assert.equal(messages, 2);
      assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
    });

    test('`signal`: ends the request and resolves; nothing is called any more', async (t) => {
      const server = await script([stream(first, { hang: true })]);
      const ctrl = new AbortController();
      const run = start(t, server, { signal: ctrl.signal, onmessage: () => { run.heard.push('message'); ctrl.abort(); } });
      await run.promise;
      assert.equal((await server.ended(1))[0].ended.by, 'client');
      await server.exactly(1);
      assert.deepEqual(run.heard, ['open', 'message']);
    });

    test('`signal` while it waits for the next attempt: no more attempts', async (t) => {
      const server = await script([status(503), open(first)]);
      const ctrl = new AbortController();
      const run = start(t, server, { signal: ctrl.signal, onerror: () => { setTimeout(() => ctrl.abort(), 20); return 200; } });
      await run.promise;
      await server.exactly(1, 600);
    });

  });

  // One at a time: there is one page.
  describe(`${name}, on a page`, { timeout: 60_000 }, () => {
    test('a hidden page has no connection; shown again it goes on after the last event', async (t) => {
      const server = await script([open(first), ended(second)]);
      const run = start(t, server, { openWhenHidden: undefined });
      await run.until(1);
      hide(true);
      t.after(() => hide(false));
      assert.equal((await server.ended(1))[0].ended.by, 'client');
      await server.exactly(1);
      hide(false);
      await run.promise;
      assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
    });

    test('`openWhenHidden: true`: a hidden page stays connected', async (t) => {
      const server = await script([open(first)]);
      const run = start(t, server, { openWhenHidden: true });
      await run.until(1);
      hide(true);
      t.after(() => hide(false));
      assert.equal((await server.exactly(1))[0].ended, null);
    });
  });
}

const ours = (t, server, init) => call(t, fetchEventSource, server, init);
const post = { method: 'POST', body: 'prompt' };
/** Waits that show growth without taking long. */
const retry = { initialDelay: 100, maxDelay: 10_000, jitter: 'none' };

describe('not copied', { concurrency: 8, timeout: 60_000 }, () => {
  test('an event that did not come whole does not count: the ID stays', async (t) => {
    const server = await script([broken(`${first}id: 5\ndata: par`), ended(second)]);
    const run = ours(t, server, { retry });
    await run.promise;
    assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
  });

  test('comments, blocks without data and bare IDs are no messages; the ID counts', async (t) => {
    const server = await script([broken(': ping\n\nevent: x\n\nid: 7\n\ndata: a\n\n'), ended(second)]);
    const run = ours(t, server, { retry });
    await run.promise;
    assert.deepEqual(run.messages, [message('', 'a'), message('2', 'b')]);
    assert.deepEqual(cursors(await server.exactly(2)), [null, '7']);
  });

  test('the first of two data lines may be empty, `retry` holds digits, an ID may be reset', async (t) => {
    const server = await script([broken('retry: 50x\nid: 3\ndata:\ndata: b\n\nid\ndata: c\n\n'), ended(second)]);
    const run = ours(t, server, { retry });
    await run.promise;
    assert.deepEqual(run.messages[0], message('3', '\nb'));
    assert.deepEqual(cursors(await server.exactly(2)), [null, null]);
  });

  test('an ID that is not ASCII is sent as UTF-8', async (t) => {
    const server = await script([broken('id: größe\ndata: a\n\n'), ended(second)]);
    await ours(t, server, { retry }).promise;
    const [, request] = await server.exactly(2);
    assert.equal(request.last_event_id_hex, Buffer.from('größe').toString('hex'));
  });

  test('204 ends it: the promise resolves, nobody is called', async (t) => {
    const server = await script([status(204)]);
    const run = ours(t, server, { onerror: (error) => { run.errors.push(error); } });
    await run.promise;
    assert.deepEqual([run.heard, run.errors], [[], []]);
    await server.exactly(1, 1500);
  });

  for (const [what, answer, reason] of [
    ['401', status(401), 'unauthorized'],
    ['403', status(403), 'status'],
    ['a login page', { ...ended('<!doctype html>'), headers: { 'content-type': 'text/html' } }, 'content-type'],
  ]) {
    test(`${what} is final, though \`onerror\` says nothing`, async (t) => {
      const server = await script([answer]);
      const run = ours(t, server, { onopen: undefined, onerror: (error) => { run.errors.push(error); } });
      const error = await run.promise.catch((error) => error);
      assert.ok(error instanceof EventSourceError);
      assert.deepEqual([error.reason, run.errors], [reason, [error]]);
      await server.exactly(1, 1500);
    });
  }

  test('what `onopen` refuses again and again is asked less and less often', async (t) => {
    const server = await script([status(401), status(401), status(401), ended(first)]);
    await ours(t, server, { retry, onopen: (response) => { if (!response.ok) throw new RetriableError(); } }).promise;
    waits(await server.exactly(4)).forEach((wait, index) => assertWait(wait, 200 * 2 ** index));
  });

  test('`Retry-After` is a floor, also where `onopen` has refused', async (t) => {
    const server = await script([status(503, { 'retry-after': '2' }), ended(first)]);
    await ours(t, server, { retry, onopen: (response) => { if (!response.ok) throw new RetriableError(); } }).promise;
    assertWait(waits(await server.exactly(2))[0], 2000);
  });

  test('a body that `onopen` has read to say why it failed: the status decides', async (t) => {
    const server = await script([{ ...status(403), steps: [{ text: 'why' }] }]);
    const run = ours(t, server, { onopen: async (response) => { run.why = await response.text(); } });
    assert.equal((await run.promise.catch((error) => error)).status, 403);
    assert.equal(run.why, 'why');
    await server.exactly(1);
  });

  test('a POST that broke off is not sent again', async (t) => {
    const server = await script([broken(first)]);
    const run = ours(t, server, { ...post, onerror: (error) => { run.errors.push(error); } });
    const error = await run.promise.catch((error) => error);
    assert.deepEqual([error.reason, run.errors], ['network', [error]]);
    await server.exactly(1, 1500);
  });

  test('a POST whose `onopen` or `onclose` throws is not sent again', async (t) => {
    for (const name of ['onopen', 'onclose']) {
      const server = await script([ended(first)]);
      const run = ours(t, server, { ...post, onerror: () => {}, [name]: () => { throw new RetriableError(name); } });
      await assert.rejects(run.promise, { message: name });
      await server.exactly(1);
    }
  });

  test('a POST is sent again if `onerror` returns a number, or `retry` is given', async (t) => {
    for (const init of [{ onerror: () => 50 }, { retry }]) {
      const server = await script([broken(first), ended(second)]);
      const run = ours(t, server, { ...post, ...init });
      await run.promise;
      assert.deepEqual((await server.exactly(2)).map(({ body }) => body), ['prompt', 'prompt']);
    }
  });

  test('`onmessage` that throws, without `onerror`: reported, and the stream goes on', async (t) => {
    const server = await script([ended(first + second)]);
    const thrown = new Error('not JSON');
    const reported = [];
    globalThis.reportError = (error) => reported.push(error);
    t.after(() => { delete globalThis.reportError; });
    const run = ours(t, server, { onmessage: ({ id }) => { run.messages.push(id); if (id === '1') throw thrown; } });
    await run.promise;
    assert.deepEqual([run.messages, reported], [['1', '2'], [thrown]]);
    await server.exactly(1);
  });

  test('`onmessage` that throws, and `onerror` says nothing: the stream goes on', async (t) => {
    const server = await script([ended(first + second)]);
    const run = ours(t, server, {
      onmessage: ({ id }) => { run.messages.push(id); throw new Error(id); },
      onerror: ({ message }) => { run.errors.push(message); },
    });
    await run.promise;
    assert.deepEqual([run.messages, run.errors], [['1', '2'], ['1', '2']]);
    await server.exactly(1);
  });

  test('a signal that has aborted already: resolves without a request', async (t) => {
    const server = await script([open(first)]);
    await ours(t, server, { signal: AbortSignal.abort() }).promise;
    await server.exactly(0);
  });

  test('aborting inside a callback is enough', async (t) => {
    for (const [name, answer] of [['onerror', dead], ['onopen', open(first)], ['onclose', ended(first)]]) {
      const server = await script([answer]);
      const ctrl = new AbortController();
      const run = ours(t, server, { signal: ctrl.signal, retry, [name]: () => ctrl.abort() });
      await run.promise;
      await server.exactly(1);
    }
  });

  test('nothing is left on the signal, however often it is used', async (t) => {
    const { signal } = new AbortController();
    for (let time = 0; time < 20; time++) await ours(t, await script([ended(first)]), { signal }).promise;
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  test('headers of every kind, and asked anew for every attempt', async (t) => {
    const server = await script([broken(first), ended(second)]);
    let token = 0;
    await ours(t, server, { retry, headers: () => new Headers({ Authorization: `Bearer ${++token}` }) }).promise;
    assert.deepEqual(tokens(await server.exactly(2)), ['Bearer 1', 'Bearer 2']);
  });

  test('`auth`: a 401 is answered with one refresh, and `onopen` sees none of it', async (t) => {
    const server = await script([status(401), ended(first)]);
    let token = 'old';
    const run = ours(t, server, { auth: { token: () => token, onUnauthorized: () => { token = 'new'; } } });
    await run.promise;
    assert.deepEqual(tokens(await server.exactly(2)), ['Bearer old', 'Bearer new']);
    assert.deepEqual(run.heard, ['open', 'message', 'close']);
  });

  test('a `Last-Event-ID` among the headers is where to start, and is not sent beside a later one', async (t) => {
    const server = await script([broken(first), ended(second)]);
    await ours(t, server, { retry, headers: { 'Last-Event-ID': '0' } }).promise;
    assert.deepEqual(cursors(await server.exactly(2)), ['0', '1']);
  });

  test('a `Request` gives method, headers and body, as often as needed, and stays whole', async (t) => {
    const server = await script([broken(first), ended(second)]);
    const request = new Request(server.url, { ...post, headers: { 'X-Under': 'request', 'X-Both': 'request' } });
    await ours(t, request, { retry, headers: { 'X-Both': 'init' } }).promise;
    for (const sent of await server.exactly(2)) {
      const names = ['x-under', 'x-both'];
      assert.deepEqual([sent.method, sent.body, ...names.map((name) => header(sent, name))], ['POST', 'prompt', 'request', 'init']);
    }
    assert.equal(await request.text(), 'prompt');
  });

  test('mistakes reject the promise at once', async (t) => {
    const mistakes = [
      ['http://', {}, /http:/],
      ['http://127.0.0.1/', { body: 'x' }, /body/],
      ['http://127.0.0.1/', { headers: { 'X Y': 'secret' } }, /^(?!.*secret).*headers/],
    ];
    for (const [url, init, message] of mistakes) await assert.rejects(ours(t, url, init).promise, { message });
  });
});

describe('not copied, on a page', { timeout: 60_000 }, () => {
  test('a POST that is to be closed while the page is hidden ends with it', async (t) => {
    const server = await script([open(first)]);
    const run = ours(t, server, { ...post, openWhenHidden: false });
    await run.until(1);
    for (const hidden of [true, false]) hide(hidden);
    assert.equal((await run.promise.catch((error) => error)).reason, 'network');
    await server.exactly(1);
  });

  test('a POST stays when the page is hidden, and is not sent again when it is shown', async (t) => {
    const server = await script([open(first)]);
    const run = ours(t, server, { ...post, openWhenHidden: undefined });
    await run.until(1);
    for (const hidden of [true, false]) hide(hidden);
    assert.equal((await server.exactly(1))[0].ended, null);
  });

  test('hidden and shown in a hurry: one connection', async (t) => {
    const server = await script([open(first)]);
    const run = ours(t, server, { openWhenHidden: undefined });
    await run.until(1);
    for (const hidden of [true, false, true, false]) hide(hidden);
    await run.until(2);
    const requests = await server.exactly(2);
    assert.deepEqual(requests.map(({ ended }) => ended?.by), ['client', undefined]);
  });

  test('hidden while it waits: no attempt until the page is shown', async (t) => {
    const server = await script([status(503), ended(first)]);
    const run = ours(t, server, { openWhenHidden: undefined, retry });
    await server.ended(1);
    hide(true);
    t.after(() => hide(false));
    await server.exactly(1, 800);
    hide(false);
    await run.promise;
  });
});
