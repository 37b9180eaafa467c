// `./fetch-event-source`: events and the policy of attempts, where they are not those of the package of this signature.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertWait, broken, cursors, ended, open, script, status, waits } from './support.mjs';
import { EventSourceError, first, message, ours, post, RetriableError, retry, second } from './fetch-event-source.mjs';

describe('not copied: events and attempts', { concurrency: 8, timeout: 60_000 }, () => {
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
    const run = ours(t, server, {
      onerror: (error) => {
        run.errors.push(error);
      },
    });
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
      const run = ours(t, server, {
        onopen: undefined,
        onerror: (error) => {
          run.errors.push(error);
        },
      });
      const error = await run.promise.catch((error) => error);
      assert.ok(error instanceof EventSourceError);
      assert.deepEqual([error.reason, run.errors], [reason, [error]]);
      await server.exactly(1, 1500);
    });
  }

  test('what `onopen` refuses again and again is asked less and less often', async (t) => {
    const server = await script([status(401), status(401), status(401), ended(first)]);
    await ours(t, server, {
      retry,
      onopen: (response) => {
        if (!response.ok) throw new RetriableError();
      },
    }).promise;
    for (const [index, wait] of waits(await server.exactly(4)).entries()) assertWait(wait, 100 * 2 ** index);
  });

  test('`Retry-After` is a floor, also where `onopen` has refused', async (t) => {
    const server = await script([status(503, { 'retry-after': '2' }), ended(first)]);
    await ours(t, server, {
      retry,
      onopen: (response) => {
        if (!response.ok) throw new RetriableError();
      },
    }).promise;
    assertWait(waits(await server.exactly(2))[0], 2000);
  });

  test('a body that `onopen` has read to say why it failed: the status decides', async (t) => {
    const server = await script([{ ...status(403), steps: [{ text: 'why' }] }]);
    const run = ours(t, server, {
      onopen: async (response) => {
        run.why = await response.text();
      },
    });
    assert.equal((await run.promise.catch((error) => error)).status, 403);
    assert.equal(run.why, 'why');
    await server.exactly(1);
  });

  test('a POST that broke off is not sent again', async (t) => {
    const server = await script([broken(first)]);
    const run = ours(t, server, {
      ...post,
      onerror: (error) => {
        run.errors.push(error);
      },
    });
    const error = await run.promise.catch((error) => error);
    assert.deepEqual([error.reason, run.errors], ['network', [error]]);
    await server.exactly(1, 1500);
  });

  test('a POST whose `onopen` or `onclose` throws is not sent again', async (t) => {
    for (const name of ['onopen', 'onclose']) {
      const server = await script([ended(first)]);
      const run = ours(t, server, {
        ...post,
        onerror: () => {},
        [name]: () => {
          throw new RetriableError(name);
        },
      });
      await assert.rejects(run.promise, { message: name });
      await server.exactly(1);
    }
  });

  test('a POST is sent again if `onerror` returns a number, or `retry` is given', async (t) => {
    for (const init of [{ onerror: () => 50 }, { retry }]) {
      const server = await script([broken(first), ended(second)]);
      const run = ours(t, server, { ...post, ...init });
      await run.promise;
      assert.deepEqual(
        (await server.exactly(2)).map(({ body }) => body),
        ['prompt', 'prompt'],
      );
    }
  });

  test('`onmessage` that throws, without `onerror`: reported, and the stream goes on', async (t) => {
    const server = await script([ended(first + second)]);
    const thrown = new Error('not JSON');
    const reported = [];
    globalThis.reportError = (error) => reported.push(error);
    t.after(() => {
      delete globalThis.reportError;
    });
    const run = ours(t, server, {
      onmessage: ({ id }) => {
        run.messages.push(id);
        if (id === '1') throw thrown;
      },
    });
    await run.promise;
    assert.deepEqual([run.messages, reported], [['1', '2'], [thrown]]);
    await server.exactly(1);
  });

  test('`onmessage` that throws, and `onerror` says nothing: the stream goes on', async (t) => {
    const server = await script([ended(first + second)]);
    const run = ours(t, server, {
      onmessage: ({ id }) => {
        run.messages.push(id);
        throw new Error(id);
      },
      onerror: ({ message }) => {
        run.errors.push(message);
      },
    });
    await run.promise;
    assert.deepEqual(
      [run.messages, run.errors],
      [
        ['1', '2'],
        ['1', '2'],
      ],
    );
    await server.exactly(1);
  });

  test('an asynchronous `onerror` is awaited: it names the wait, or rejects the promise', async (t) => {
    const server = await script([status(503), ended(first)]);
    await ours(t, server, { onopen: undefined, onerror: async () => 150 }).promise;
    const [wait] = waits(await server.exactly(2));
    assertWait(wait, 150, 900);
    const fatal = new Error('given up');
    const onerror = async () => {
      throw fatal;
    };
    const refused = await script([status(503)]);
    assert.equal(await ours(t, refused, { onopen: undefined, onerror }).promise.catch((error) => error), fatal);
    await refused.exactly(1);
    const onmessage = () => {
      throw new Error('from onmessage');
    };
    const delivered = await script([open(first)]);
    assert.equal(await ours(t, delivered, { onmessage, onerror }).promise.catch((error) => error), fatal);
  });
});
