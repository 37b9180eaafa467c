// [NON-SPEC] What the console shows: printed events and errors, and failures without a listener.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import {
  AuthenticatedEventSource,
  connect,
  ended,
  EventSourceError,
  open,
  QUICK,
  script,
  status,
  watch,
} from './support.mjs';

/** Records the calls of `console.warn`. */
function warnings(t) {
  const warn = t.mock.method(console, 'warn', () => {});
  return () => warn.mock.calls.map(({ arguments: [text] }) => text);
}

/** Resolves when the source is closed, without a listener that the source could count. */
async function closed(source) {
  while (source.readyState !== 2) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('printed objects in Node.js', { concurrency: 8 }, () => {
  test('an `error` event shows reason, message and status, also inside other objects', async (t) => {
    const event = await connect(t, await script([status(403)])).until(1, 'error');
    for (const text of [inspect(event), inspect({ event }), inspect([event])]) {
      for (const part of ['ErrorEvent', "reason: 'status'", 'status: 403', 'willRetry: false', '403, '])
        assert.ok(text.includes(part.trim()), `${part} in ${text}`);
    }
    assert.ok(inspect(event).includes(event.message));
  });

  test('an error shows reason, code and message', async (t) => {
    const { error } = await connect(t, await script([status(403)])).until(1, 'error');
    const text = inspect(error);
    for (const part of [error.message, "reason: 'status'", "code: 'ERR_STATUS'", 'status: 403'])
      assert.ok(text.includes(part), text);
  });

  test('the other events show their members', async (t) => {
    const source = watch(
      t,
      new AuthenticatedEventSource((await script([ended(': note\nid: 7\ndata: a\n\n'), status(204)])).url, {
        retry: QUICK,
      }),
      'streamcomment',
      'connectionstatechange',
    );
    await source.until(1, 'connectionclose');
    const text = Object.fromEntries(source.fired.map((event) => [event.type, inspect(event)]));
    assert.match(text.streamcomment, /data: 'note'/);
    assert.match(text.connectionstatechange, /phase: 'closed'/);
    assert.match(text.connectionclose, /reason: 'no-content'/);
  });

  test('no printed object contains a token', async (t) => {
    const source = connect(t, await script([open('data: a\n\n', { 'x-echo': 'S3CRET' }), status(401)]), {
      auth: 'S3CRET',
      headers: { 'x-key': 'S3CRET' },
    });
    await source.until(1, 'message');
    source.reconnect();
    const event = await source.until(1, 'error');
    for (const object of [event, event.error, ...source.fired, source.state])
      assert.ok(!inspect(object, { depth: 9 }).includes('S3CRET'));
  });
});

describe('failures without a listener', () => {
  test('a final failure is shown once, with its message', async (t) => {
    const texts = warnings(t);
    const source = new AuthenticatedEventSource((await script([status(403)])).url);
    await closed(source);
    assert.equal(texts().length, 1);
    assert.match(texts()[0], /403/);
    assert.match(texts()[0], /`error`/);
  });

  test('a provider that fails on each attempt is shown once, with its exception', async (t) => {
    const warn = t.mock.method(console, 'warn', () => {});
    let calls = 0;
    const source = new AuthenticatedEventSource((await script([open('')])).url, {
      auth: () => {
        calls++;
        throw new Error('no session');
      },
      retry: { initialDelay: 10, maxDelay: 10 },
    });
    t.after(() => source.close());
    while (calls < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(warn.mock.calls.length, 1);
    assert.equal(warn.mock.calls[0].arguments[1].message, 'no session');
  });

  test('data that does not parse is shown once, without the data', async (t) => {
    const warn = t.mock.method(console, 'warn', () => {});
    const source = new AuthenticatedEventSource(
      (await script([open('data: S3CRET\n\ndata: S3CRET\n\ndata: 1\n\n')])).url,
      { parse: 'json' },
    );
    t.after(() => source.close());
    await new Promise((resolve) => {
      source.onmessage = resolve;
    });
    assert.equal(warn.mock.calls.length, 1);
    assert.match(warn.mock.calls[0].arguments.join(' '), /did not parse|parse/);
    assert.doesNotMatch(inspect(warn.mock.calls[0].arguments), /S3CRET/);
  });

  for (const [what, listen] of [
    [
      '`onerror`',
      (source) => {
        source.onerror = () => {};
      },
    ],
    ['a listener for `error`', (source) => source.addEventListener('error', () => {})],
    ['a listener for `connectionclose`', (source) => source.addEventListener('connectionclose', () => {})],
    [
      'a loop',
      (source) =>
        source[Symbol.asyncIterator]()
          .next()
          .catch(() => {}),
    ],
  ]) {
    test(`nothing is shown with ${what}`, async (t) => {
      const texts = warnings(t);
      const source = new AuthenticatedEventSource((await script([status(403)])).url);
      listen(source);
      await closed(source);
      assert.deepEqual(texts(), []);
    });
  }

  test('nothing is shown for retries, a normal end, `until`, close() or an abort', async (t) => {
    const texts = warnings(t);
    const controller = new AbortController();
    const sources = [
      new AuthenticatedEventSource((await script([status(503), status(204)])).url, { retry: QUICK }),
      new AuthenticatedEventSource((await script([open('data: end\n\n')])).url, { until: 'end' }),
      new AuthenticatedEventSource((await script([ended('data: a\n\n')])).url, { method: 'POST' }),
      new AuthenticatedEventSource((await script([open('')])).url, { signal: controller.signal }),
      new AuthenticatedEventSource((await script([open('')])).url),
    ];
    controller.abort();
    sources.at(-1).close();
    for (const source of sources) await closed(source);
    assert.deepEqual(texts(), []);
  });
});

describe('the data that does not parse', { concurrency: 4 }, () => {
  test('is an `error` event with the reason `parse`, and the stream and its loops continue', async (t) => {
    const source = connect(t, await script([open('data: {\n\nid: 2\ndata: 2\n\n')]), { parse: 'json' });
    const { value } = await source[Symbol.asyncIterator]().next();
    assert.deepEqual([value.data, value.lastEventId], [2, '2']);
    const event = await source.until(1, 'error');
    assert.ok(event.error instanceof EventSourceError);
    assert.deepEqual(
      [event.reason, event.willRetry, event.retryIn, event.error.cause instanceof SyntaxError],
      ['parse', false, undefined, true],
    );
    assert.deepEqual([source.readyState, source.state.phase, source.of('error').length], [1, 'open', 1]);
  });
});

describe('a misspelt option', () => {
  /** Returns what the constructor shows on the console. */
  function shown(t, options) {
    const warn = t.mock.method(console, 'warn', () => {});
    new AuthenticatedEventSource('https://api.example/events', {
      fetch: () => new Promise(() => {}),
      ...options,
    }).close();
    return warn.mock.calls.map(({ arguments: [text] }) => text);
  }

  for (const [misspelt, meant] of [
    ['heartbeatTimout', 'heartbeatTimeout'],
    ['header', 'headers'],
    ['lastEventID', 'lastEventId'],
    ['tokn', 'token'],
    ['withCredential', 'withCredentials'],
    ['conectTimeout', 'connectTimeout'],
    ['maxEventsize', 'maxEventSize'],
  ]) {
    test(`${misspelt} is shown once for a source, with the option ${meant}`, (t) => {
      const [text, ...others] = shown(t, { [misspelt]: 'x' });
      assert.equal(text, `\`${misspelt}\` is no option. Did you mean \`${meant}\`?`);
      assert.deepEqual(others, []);
    });
  }

  test('members for fetch are not shown', (t) => {
    const names = 'dispatcher next cf agent client proxy tls verbose decompress unix timeout compress';
    const options = Object.fromEntries(names.split(' ').map((name) => [name, 'x']));
    const members = {
      duplex: 'half',
      window: null,
      keepalive: true,
      priority: 'high',
      mode: 'cors',
      integrity: '',
      referrer: '',
      auth: 'token',
    };
    assert.deepEqual(shown(t, { ...options, ...members, maxEventSize: 10, retry: false, parse: 'json' }), []);
  });
});
