// The end of a source by `close()` and by a signal.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect, open, QUICK, script, status, within } from './support.mjs';

const first = 'id: 1\ndata: a\n\n';

describe('close()', { concurrency: 8 }, () => {
  const closing = {
    'in onopen': { on: 'open', responses: [open(first)] },
    'in onmessage': { on: 'message', responses: [open(first + first)] },
    'in onerror, before a retry': { on: 'error', responses: [status(503)] },
    'in onerror, after a fatal failure': { on: 'error', responses: [status(404)] },
    'in a listener for connectionstatechange': { on: 'connectionstatechange', responses: [open(first)] },
    'in a listener for comments': { on: 'streamcomment', responses: [open(`: hello\n\n${first}`)] },
  };
  for (const [where, { on, responses }] of Object.entries(closing)) {
    test(`${where}: nothing fires afterwards, nothing is left`, async (t) => {
      const server = await script(responses);
      const source = connect(t, server);
      const after = [];
      await within('the close', (resolve) => {
        source.addEventListener(on, () => {
          if (source.readyState === 2 && after.isClosed) return after.push(on);
          source.close();
          source.close();
          after.isClosed = true;
          resolve();
        });
      });
      const fired = source.fired.length;
      await server.exactly(1);
      await server.ended(1);
      // The recording listener runs before ours, so the event itself is in the record.
      assert.deepEqual([source.fired.length, [...after], source.readyState], [fired, [], 2]);
      assert.deepEqual([source.state.phase], ['closed']);
    });
  }

  const callbacks = {
    token: (close) => ({ auth: () => (close(), 't') }),
    onUnauthorized: (close) => ({ auth: { token: () => 't', onUnauthorized: close } }),
    headers: (close) => ({ headers: () => (close(), {}) }),
    body: (close) => ({ method: 'POST', body: () => (close(), 'x') }),
    shouldRetry: (close) => ({ shouldRetry: () => (close(), true) }),
    parse: (close) => ({ parse: (text) => (close(), text) }),
    fetch: (close) => ({ fetch: (...request) => (close(), fetch(...request)) }),
  };
  for (const [name, options] of Object.entries(callbacks)) {
    test(`in \`${name}\`: nothing fires afterwards, nothing is left`, async (t) => {
      const response = { onUnauthorized: status(401), shouldRetry: status(503) }[name] ?? open(first + first);
      const server = await script([response]);
      let source;
      let fired;
      await within('the callback', (resolve) => {
        const close = () => {
          source.close();
          fired = source.fired.length;
          resolve();
        };
        source = connect(t, server, options(close));
      });
      await server.exactly({ onUnauthorized: 1, shouldRetry: 1, parse: 1 }[name] ?? 0);
      assert.deepEqual([source.fired.length, source.readyState], [fired, 2]);
    });
  }

  test('right after the constructor: no request', async (t) => {
    const server = await script([open(first)]);
    const source = connect(t, server);
    source.close();
    await server.exactly(0);
    assert.deepEqual(source.fired, []);
  });

  test('while connecting: the request ends', async (t) => {
    const server = await script([{ framing: 'raw', steps: [{ hang: true }] }]);
    const source = connect(t, server);
    await server.requests(1);
    source.close();
    assert.equal((await server.ended(1))[0].ended.by, 'client');
  });

  test('while waiting: no further request', async (t) => {
    const server = await script([status(503)]);
    const source = connect(t, server, { retry: { ...QUICK, initialDelay: 200, maxDelay: 200 } });
    await source.until(1, 'error');
    source.close();
    await server.exactly(1, 600);
  });

  test('everything may be called afterwards, and does nothing', async (t) => {
    const server = await script([open(first)]);
    const source = connect(t, server);
    await source.until(1, 'message');
    source.close();
    source.reconnect();
    source.close();
    await server.exactly(1);
    assert.deepEqual([source.readyState, source.reconnectionTime], [2, 100]);
  });

  test('`using` closes', async (t) => {
    const server = await script([open(first)]);
    const source = connect(t, server);
    await source.until(1, 'message');
    source[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
    await server.ended(1);
    assert.equal(source.readyState, 2);
  });

  test('a new source, and reconnect(), inside any callback', async (t) => {
    const server = await script([open(first)]);
    const others = await script([open(first)]);
    const sources = [];
    const create = () => sources.push(connect(t, others));
    const once = (act) => {
      let isDone = false;
      return () => {
        if (!isDone) {
          isDone = true;
          act();
        }
      };
    };
    const reconnect = Object.fromEntries(
      ['open', 'message', 'connectionstatechange'].map((type) => [type, once(() => source.reconnect())]),
    );
    const source = connect(t, server, {
      auth: once(create) && (() => (sources.length === 0 && create(), 't')),
      parse: (text) => text,
    });
    for (const type of Object.keys(reconnect))
      source.addEventListener(type, () => {
        create();
        reconnect[type]();
      });
    await source.until(1, 'message');
    await Promise.all(sources.slice(0, 3).map((other) => other.until(1, 'message')));
    assert.deepEqual(source.of('error'), []);
    assert.equal(source.readyState === 2, false);
    source.close();
    for (const other of sources) other.close();
  });
});

describe('signal', { concurrency: 8 }, () => {
  test('aborted before the start: closed, a `connectionclose` event, no error, no request', async (t) => {
    const server = await script([open(first)]);
    const source = connect(t, server, { signal: AbortSignal.abort() });
    assert.equal((await source.until(1, 'connectionclose')).reason, 'aborted');
    await server.exactly(0);
    assert.deepEqual(
      [source.fired.map(({ type }) => type), source.readyState, source.state.reason],
      [['connectionclose'], 2, 'aborted'],
    );
  });

  for (const [when, responses, type] of [
    ['while open', [open(first)], 'message'],
    ['while waiting', [status(503)], 'error'],
  ]) {
    test(`aborted ${when}: the same, and the request ends`, async (t) => {
      const controller = new AbortController();
      const server = await script(responses);
      const source = connect(t, server, { signal: controller.signal });
      await source.until(1, type);
      controller.abort();
      assert.equal((await source.until(1, 'connectionclose')).reason, 'aborted');
      await server.ended(1);
      await server.exactly(1);
    });
  }

  test('aborted by `parse` or a listener in the middle of an event: nothing comes after `connectionclose`', async (t) => {
    for (const type of ['parse', 'connectionstatechange']) {
      const controller = new AbortController();
      const parse = (data) => {
        if (type === 'parse') controller.abort();
        return data;
      };
      const source = connect(t, await script([open(first)]), { signal: controller.signal, parse });
      if (type === 'connectionstatechange')
        source.addEventListener(type, ({ state }) => {
          if (state.phase === 'open') controller.abort();
        });
      await source.until(1, 'connectionclose');
      assert.equal(source.fired.at(-1).type, 'connectionclose', type);
    }
  });

  test('aborted after close(): nothing', async (t) => {
    const controller = new AbortController();
    const source = connect(t, await script([open(first)]), { signal: controller.signal });
    source.close();
    controller.abort();
    assert.deepEqual(source.fired, []);
  });
});
