// The package where the platform is a substitute: parts are missing, or refuse what browsers accept.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { page } from './page.mjs';
import { broken, connect, cursors, dead, events, open, PACKAGE, script, stream, tokens, within } from './support.mjs';

const run = promisify(execFile);

/** Globals that Jest's jsdom, React Native or a server runtime lacks. */
const MISSING = [
  'AbortController AbortSignal BroadcastChannel CustomEvent DOMException Event EventTarget MessageChannel MessageEvent MessagePort',
  'Headers Request Response fetch ReadableStream TransformStream WritableStream TextDecoder TextEncoder',
  'WebAssembly crypto navigator performance structuredClone atob URL',
].flatMap((names) => names.split(' '));

describe('importing an entry', () => {
  for (const entry of ['index', 'event-source', 'fetch-event-source', 'shared', 'observe', 'parser', 'slim']) {
    test(`${entry} never throws and has no effect`, async () => {
      const url = JSON.stringify(pathToFileURL(join(PACKAGE, `dist/${entry}.js`)));
      for (const missing of [...MISSING.map((name) => [name]), MISSING]) {
        const code = `
          for (const name of ${JSON.stringify(missing)}) delete globalThis[name];
          const before = Object.getOwnPropertyNames(globalThis).join();
          globalThis.addEventListener = () => { throw new Error('a listener was added'); };
          await import(${url});
          delete globalThis.addEventListener;
          if (before !== Object.getOwnPropertyNames(globalThis).join()) throw new Error('a global has changed');
        `;
        await run(process.execPath, ['--input-type=module', '--eval', code]).catch(({ stderr }) =>
          // The script is one line of 60 KB.
          assert.fail(`without ${missing.join()}: ${stderr.match(/^\w*Error: .*$/m)}`),
        );
      }
    });
  }
});

/** A window like that of jsdom: it refuses every `signal`, and counts its listeners. */
class StrictWindow extends EventTarget {
  count = 0;

  addEventListener(type, listener, options) {
    if (options?.signal) throw new TypeError("member 'signal' is not of type 'AbortSignal'");
    this.count += 1;
    super.addEventListener(type, listener, options);
  }

  removeEventListener(type, listener, options) {
    this.count -= 1;
    super.removeEventListener(type, listener, options);
  }
}

test('listeners on a page that refuses `signal` are added, work, and are removed', async (t) => {
  const window = new StrictWindow();
  const document = new StrictWindow();
  const given = {
    addEventListener: window.addEventListener.bind(window),
    removeEventListener: window.removeEventListener.bind(window),
    document,
  };
  Object.assign(globalThis, given);
  t.after(() => {
    for (const name of Object.keys(given)) delete globalThis[name];
  });
  const server = await script([broken('id: 1\ndata: a\n\n'), open('id: 2\ndata: b\n\n')]);
  const retry = { initialDelay: 600_000, maxDelay: 600_000 };
  const source = connect(t, server, { auth: 'token', retry });
  await source.until(1, 'error');
  assert.ok(window.count >= 4 && document.count >= 2, 'the page is watched');
  window.dispatchEvent(new Event('online'));
  await source.until(2, 'message');
  assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
  assert.deepEqual(tokens(await server.exactly(2)), ['Bearer token', 'Bearer token']);
  source.close();
  await within('the removal of all listeners', (resolve) => {
    const check = () => (window.count === 0 && document.count === 0 ? resolve() : setImmediate(check));
    check();
  });
});

describe('a response of a substitute such as MSW, whose stream the test created', () => {
  /** A stream of one event. `end`: what closes it. */
  const made = (type, isLate) => {
    const bytes = new TextEncoder().encode('data: a\n\n');
    return new ReadableStream({
      type,
      start(controller) {
        controller.enqueue(bytes);
        if (isLate) setTimeout(() => controller.close(), 50);
        else controller.close();
      },
    });
  };
  const answer = (...given) => {
    const response = new Response(made(...given), { headers: { 'Content-Type': 'text/event-stream' } });
    return Object.defineProperty(response, 'url', { value: 'http://example.com/events' });
  };

  for (const type of [undefined, 'bytes']) {
    for (const isLate of [false, true]) {
      const name = `${type ?? 'default'} stream, closed ${isLate ? 'while it is read' : 'before it is read'}`;
      test(`${name}: a source detects the end`, async (t) => {
        const options = { fetch: async () => answer(type, isLate), retry: false };
        const source = connect(t, 'http://example.com/events', options);
        await source.until(1, 'connectionclose');
        assert.deepEqual(source.of('message').length, 1);
      });

      test(`${name}: events() detects the end`, async () => {
        const all = [];
        await within('the end', async (resolve, reject) => {
          try {
            for await (const event of events(answer(type, isLate))) all.push(event.data);
            resolve();
          } catch (error) {
            reject(error);
          }
        });
        assert.deepEqual(all, ['a']);
      });
    }
  }
});

test('a page ends where a mock closes a byte stream late, also behind clones and proxies', {
  timeout: 60_000,
}, async (t) => {
  const found = await (await page(t)).evaluate(async () => {
    const url = 'https://api.example/events';
    const made = () => {
      const stream = new ReadableStream({
        type: 'bytes',
        start(controller) {
          setTimeout(() => controller.enqueue(new TextEncoder().encode('data: a\n\n')), 30);
          setTimeout(() => controller.close(), 30);
        },
      });
      return new Response(stream, { headers: { 'Content-Type': 'text/event-stream' } });
    };
    const withUrl = (response) => Object.defineProperty(response, 'url', { value: url });
    const get = (target, name) => {
      const value = name === 'url' ? url : target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    };
    const kinds = {
      property: () => withUrl(made()),
      clone: () => withUrl(withUrl(made()).clone()),
      proxy: () => new Proxy(made(), { get }),
    };
    const results = {};
    for (const [kind, answer] of Object.entries(kinds)) {
      const source = connect(url, { fetch: async () => answer(), retry: false });
      await source.until(1, 'connectionclose');
      results[kind] = source.fired.filter(({ type }) => type === 'message').length;
    }
    return results;
  });
  assert.deepEqual(found, { property: 1, clone: 1, proxy: 1 });
});

test('a platform whose MessageChannel throws reads, reconnects and fails like any other', async (t) => {
  const { MessageChannel } = globalThis;
  globalThis.MessageChannel = class {
    constructor() {
      throw new Error('not supported in the Edge Runtime');
    }
  };
  t.after(() => {
    globalThis.MessageChannel = MessageChannel;
  });
  const server = await script([dead, broken('id: 1\ndata: a\n\n'), open('id: 2\ndata: b\n\n')]);
  const source = connect(t, server, { auth: 'token' });
  await source.until(2, 'message');
  assert.deepEqual(
    source.of('error').map(({ reason }) => reason),
    ['network', 'network'],
  );
});

test('a network stream still ends once, and its last event arrives', async (t) => {
  const server = await script([stream('data: a\n\n', { sleep_ms: 50 }, { text: 'data: b\n\n' })]);
  const source = connect(t, server, { retry: { on: 'error' } });
  await source.until(1, 'connectionclose');
  assert.equal(source.of('message').length, 2);
});
