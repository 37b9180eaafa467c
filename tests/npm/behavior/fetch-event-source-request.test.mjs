// `./fetch-event-source`: requests and signals, where they are not those of the package of this signature.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { broken, cursors, dead, ended, header, open, script, status, tokens } from './support.mjs';
import { first, ours, post, retry, second } from './fetch-event-source.mjs';

describe('not copied: requests and signals', { concurrency: 8, timeout: 60_000 }, () => {
  test('a signal that has aborted already: resolves without a request', async (t) => {
    const server = await script([open(first)]);
    await ours(t, server, { signal: AbortSignal.abort() }).promise;
    await server.exactly(0);
  });

  test('aborting inside a callback is enough', async (t) => {
    for (const [name, answer] of [
      ['onerror', dead],
      ['onopen', open(first)],
      ['onclose', ended(first)],
    ]) {
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
    const run = ours(t, server, {
      auth: {
        token: () => token,
        onUnauthorized: () => {
          token = 'new';
        },
      },
    });
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
      assert.deepEqual(
        [sent.method, sent.body, ...names.map((name) => header(sent, name))],
        ['POST', 'prompt', 'request', 'init'],
      );
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
