// `./fetch-event-source`: what its callbacks throw and return, and the attempts after that, held against both.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertWait, broken, cursors, dead, ended, open, script, status, waits } from './support.mjs';
import { both, call, first, RetriableError, second } from './fetch-event-source.mjs';

for (const [name, fetchEventSource] of Object.entries(both)) {
  const start = (t, server, init) => call(t, fetchEventSource, server, init);

  describe(`${name}, errors`, { concurrency: 8, timeout: 60_000 }, () => {
    test('what `onopen` throws goes to `onerror`; what that throws rejects the promise', async (t) => {
      const server = await script([status(404)]);
      const refusal = new Error('not found');
      const fatal = new Error('given up');
      const run = start(t, server, {
        onopen: async (response) => {
          if (response.status === 404) throw refusal;
        },
        onerror: (error) => {
          run.errors.push(error);
          throw fatal;
        },
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
      const run = start(t, server, {
        onerror: (error) => {
          run.errors.push(error);
        },
      });
      await run.promise;
      assert.equal(run.errors.length, 1);
      assert.ok(run.errors[0] instanceof Error);
      assertWait(waits(await server.exactly(2))[0], 1000);
    });

    test('goes on after the last event, and waits as `retry` of the stream says', async (t) => {
      const server = await script([broken(`retry: 300\n${first}`), ended(second)]);
      const run = start(t, server);
      await run.promise;
      assert.deepEqual(
        run.messages.map(({ data }) => data),
        ['a', 'b'],
      );
      const requests = await server.exactly(2);
      assert.deepEqual(cursors(requests), [null, '1']);
      // From the first byte; the stream broke off 100 ms later.
      assertWait(waits(requests)[0], 300);
    });

    test('`onclose` that throws: the error goes to `onerror`, which may retry', async (t) => {
      const server = await script([ended(first), ended(second)]);
      let closes = 0;
      const run = start(t, server, {
        onclose: () => {
          closes += 1;
          if (closes === 1) throw new RetriableError();
        },
        onerror: (error) => {
          run.errors.push(error);
          return 100;
        },
      });
      await run.promise;
      assert.ok(run.errors[0] instanceof RetriableError);
      assert.deepEqual([closes, run.messages.length, run.errors.length], [2, 2, 1]);
      assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
    });

    test('what `onmessage` throws goes to `onerror`; what that throws rejects the promise', async (t) => {
      const server = await script([open(`event: FatalError\n${first}${second}`)]);
      const run = start(t, server, {
        onmessage: ({ event }) => {
          run.messages.push(event);
          if (event === 'FatalError') throw new RetriableError('fatal');
        },
        onerror: (error) => {
          throw error;
        },
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
        onmessage: () => {
          messages += 1;
          if (messages === 1) throw new RetriableError();
        },
        onerror: () => 100,
      }).promise;
      assert.equal(messages, 2);
      assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
    });
  });
}
