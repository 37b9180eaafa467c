// A burst of events, and what else the page has to do.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AuthenticatedEventSource, events, spin } from './support.mjs';
import { page } from './page.mjs';

const headers = { 'content-type': 'text/event-stream' };
const bytes = (count) => new TextEncoder().encode('data: some words of an answer\n\n'.repeat(count));

/** This many events, which all arrive at once. */
const burst = (count) => () => Promise.resolve(new Response(bytes(count), { headers }));

/** The same, after a few that come one by one. */
const lateBurst = (calm, count) => async () => {
  const body = new ReadableStream({
    async pull(stream) {
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      if (calm-- > 0) return stream.enqueue(bytes(1));
      stream.enqueue(bytes(count));
      stream.close();
    },
  });
  return new Response(body, { headers });
};

/** How often a timer rang between the first slow event and the last, if each takes so long; the first
 *  `quick` take no time. */
async function ringsDuring(count, milliseconds, { fetch = burst(count), quick = 0 } = {}) {
  const source = new AuthenticatedEventSource('https://burst.example/', { fetch, retry: false });
  let seen = 0;
  let rings = 0;
  let timer;
  await new Promise((resolve) => {
    source.addEventListener('message', () => {
      seen += 1;
      if (seen <= quick) return;
      timer ??= setInterval(() => {
        rings += 1;
      }, 1);
      spin(milliseconds);
    });
    source.addEventListener('connectionclose', resolve);
  });
  clearInterval(timer);
  assert.equal(seen, quick + count);
  return rings;
}

describe('[NON-SPEC] a burst', { timeout: 60_000 }, () => {
  test('other tasks have their turn while it is delivered', async () => {
    // 200 ms of work, in turns of 8.
    assert.ok((await ringsDuring(4000, 0.05)) >= 5);
  });

  test('where listeners are slow it is taken in smaller pieces', async () => {
    // 600 events of 1 ms. In pieces of 32 KB it would be one.
    assert.ok((await ringsDuring(600, 1)) >= 10);
  });

  test('the same after events that came one by one, which say nothing of a burst', async () => {
    assert.ok((await ringsDuring(600, 1, { fetch: lateBurst(6, 600), quick: 6 })) >= 10);
  });

  test('after a reconnect in the middle of it nothing of the old connection comes', async (t) => {
    const source = new AuthenticatedEventSource('https://burst.example/', { fetch: burst(4000), retry: false });
    t.after(() => source.close());
    let opened = 0;
    let isLeaving = false;
    let strays = 0;
    await new Promise((resolve) => {
      source.addEventListener('open', () => {
        if (++opened === 2) resolve();
      });
      source.addEventListener('message', () => {
        if (isLeaving && opened === 1) strays += 1;
        spin(0.05);
      });
      source.addEventListener(
        'open',
        () =>
          setTimeout(() => {
            isLeaving = true;
            source.reconnect();
          }, 30),
        { once: true },
      );
    });
    assert.equal(strays, 0);
  });

  /** This many chunks of one event. Each is there as soon as it is read. */
  const drops = (count) =>
    new ReadableStream({
      pull(stream) {
        if (count-- > 0) stream.enqueue(bytes(1));
        else stream.close();
      },
    });
  /** What promises and generators in between make of an iteration. */
  async function* mapped(iterable) {
    for await (const event of iterable) {
      await undefined;
      yield event;
    }
  }
  for (const [what, iterated] of [
    ['over `events()`', async () => events(await burst(4000)())],
    ['over `events()` of many chunks', async () => events(drops(4000))],
    ['over what a generator makes of `events()`', async () => mapped(events(drops(4000)))],
  ]) {
    test(`a loop ${what} leaves other tasks their turn`, async () => {
      let rings = 0;
      const timer = setInterval(() => {
        rings += 1;
      }, 1);
      for await (const _ of await iterated()) spin(0.05);
      clearInterval(timer);
      assert.ok(rings >= 5, `${rings}`);
    });
  }

  test('`events()` yields no turn where the network leaves the page its turns', async (t) => {
    let yields = 0;
    const { MessageChannel } = globalThis;
    t.after(() => {
      globalThis.MessageChannel = MessageChannel;
    });
    globalThis.MessageChannel = class extends MessageChannel {
      constructor() {
        super();
        yields += 1;
      }
    };
    let left = 10;
    const calm = new ReadableStream(
      {
        async pull(stream) {
          // Longer than a turn.
          await new Promise((resolve) => {
            setTimeout(resolve, 20);
          });
          if (left-- > 0) stream.enqueue(bytes(1));
          else stream.close();
        },
      },
      { highWaterMark: 0 },
    );
    let seen = 0;
    for await (const _ of events(calm)) seen += 1;
    assert.deepEqual({ seen, yields }, { seen: 10, yields: 0 });
    for await (const _ of events(drops(4000))) spin(0.05);
    assert.ok(yields >= 5, `${yields} turns in a burst`);
  });

  test('`events()` delivers the beginning of a large chunk before it looks at the end', async () => {
    const chunk = bytes(4000);
    const body = new ReadableStream({
      start(stream) {
        stream.enqueue(chunk);
        stream.close();
      },
    });
    let last;
    for await (const { data } of events(body)) {
      // A source that had parsed all of it by now would not see this.
      if (last === undefined)
        chunk.set(new TextEncoder().encode('last'), chunk.length - 'some words of an answer\n\n'.length);
      last = data;
    }
    assert.equal(last, 'last words of an answer');
  });

  test('a click is heard in the middle of it', async (t) => {
    const tab = await page(t);
    const clicks = await tab.evaluate(async () => {
      // All there at once: what comes through a pipe comes in tasks of its own.
      const bytes = new TextEncoder().encode('data: some words of an answer\n\n'.repeat(200_000));
      const events = new ReadableStream({
        start(stream) {
          stream.enqueue(bytes);
          stream.close();
        },
      });
      const headers = { 'content-type': 'text/event-stream' };
      const source = new AuthenticatedEventSource('/', {
        fetch: async () => new Response(events, { headers }),
        retry: false,
      });
      const { port1, port2 } = new MessageChannel();
      let clicks = 0;
      // Stands for the click: a task that somebody else has posted.
      port1.onmessage = () => {
        clicks += 1;
        port2.postMessage(0);
      };
      source.addEventListener('open', () => port2.postMessage(0));
      source.addEventListener('message', () => {});
      await new Promise((resolve) => {
        source.addEventListener('connectionclose', resolve);
      });
      port1.close();
      return clicks;
    });
    assert.ok(clicks >= 5, `${clicks} tasks while 200,000 events came`);
  });
});
