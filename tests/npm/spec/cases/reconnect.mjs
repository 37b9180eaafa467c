// §9.2.3: the connection fails and is reestablished.
import { holds, same } from '../expect.mjs';
import { dead, header, open, over, status, stream, typesOf } from '../stage.mjs';

export const section = '§9.2.3 Reconnecting';

export const ended = (text) => stream(`retry: 50\n${text}`);
/** With a length that never comes, so that its end is no end. */
const broken = (text) => ({
  framing: { length: 1_000_000 },
  ...stream(`retry: 50\n${text}`, { sleep_ms: 100 }, { rst: true }),
});

/** The milliseconds between the end of a stream of this text and the next request. */
async function pauseAfter(stage, text) {
  const script = await stage.script(stream(text), over);
  const source = stage.connect(script);
  await stage.until(source, 'error', 2);
  const [first, second] = await script.requests(2);
  return second.at_ms - first.ended.at_ms;
}

/** The additional wait of engines, in milliseconds. It is shorter than the default wait. */
const LATE = 1_300;

/** Asserts the length of a wait. A busy machine makes waits longer, never shorter, so the shortest of a few counts. */
async function holdsPause(measure, expected) {
  let shortest = Infinity;
  for (let times = 0; times < 3 && shortest > expected + LATE; times++) shortest = Math.min(shortest, await measure());
  holds(shortest >= expected - 20 && shortest <= expected + LATE, `${shortest} ms after the end, not ${expected}`);
}

const PAUSES = {
  'retry: 1500\n': 1500,
  'retry:1500\n': 1500,
  'retry: 1500\nretry: 900': 1500,
  'retry: 900\nretry: 1500\n': 1500,
  'retry: 1500\nretry: 900x\n': 1500,
  'retry: 1500\nretry\n': 1500,
  'retry: 1500\nretry:\n': 1500,
  'retry: 1500\nretry: 9.9\n': 1500,
  'retry: 1500\nretry: -9\n': 1500,
  'retry: 1500\nretry: +9\n': 1500,
  'retry: 1500\nretry:  9\n': 1500,
  'retry: 1500\nretry: 9 \n': 1500,
  'retry: 1500\nretry: 0x9\n': 1500,
  'retry: 1500\nretry: 9e1\n': 1500,
  'retry: 1500\nretry: \u0669\n': 1500,
  'retry: 0001500\n': 1500,
  'retry: 1500\ndata: never dispatched': 1500,
};

export const shown = (text) => `\`${JSON.stringify(text).slice(1, -1)}\``;

export const cases = {
  'the end of a stream is an error event in the state CONNECTING, and a new request'(stage) {
    return stage.script(ended('data: a\n\n'), open('data: b\n\n')).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'message', 2);
      const seen = source.fired.map(({ type, stateThen }) => [type, stateThen]);
      same(seen, [
        ['open', 1],
        ['message', 1],
        ['error', 0],
        ['open', 1],
        ['message', 1],
      ]);
      await script.noMoreThan(2);
    });
  },

  'so is a connection that breaks off'(stage) {
    return stage.script(broken('data: a\n\n'), open('data: b\n\n')).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'message', 2);
      same(
        source.fired.map(({ type, stateThen }) => [type, stateThen]),
        [
          ['open', 1],
          ['message', 1],
          ['error', 0],
          ['open', 1],
          ['message', 1],
        ],
      );
    });
  },

  'and a reconnect that meets no server'(stage) {
    return stage.script(ended('data: a\n\n'), dead, open('data: b\n\n')).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'message', 2);
      same([source.readyState, source.fired.at(-1).data], [1, 'b']);
      // Engines send a request once more by themselves when a connection is reset.
      holds(typesOf(source).filter((type) => type === 'error').length >= 1, 'no error event');
    });
  },

  'a reconnect that is refused fails the connection'(stage) {
    return Promise.all(
      [204, 404, 503].map(async (code) => {
        const script = await stage.script(ended('data: a\n\n'), status(code));
        const source = stage.connect(script);
        await stage.until(source, 'error', 2);
        same(
          source.fired.map(({ type, stateThen }) => [type, stateThen]),
          [
            ['open', 1],
            ['message', 1],
            ['error', 0],
            ['error', 2],
          ],
        );
        await script.noMoreThan(2);
      }),
    );
  },

  'nothing of an unfinished event is left for the next stream'(stage) {
    return stage
      .script(ended('event: other\nid: 9\ndata: never finished\n'), open('data: a\n\n'))
      .then(async (script) => {
        const source = stage.connect(script, undefined, 'other');
        const event = await stage.until(source, 'message');
        same([typesOf(source), event.data, event.lastEventId], [['open', 'error', 'open', 'message'], 'a', '']);
      });
  },

  'a byte order mark at the start of each stream is none of its text'(stage) {
    return stage
      .script(
        { steps: [{ text: '\ufeffretry: 50\ndata: a\n\n' }] },
        { steps: [{ text: '\ufeffdata: b\n\n' }, { hang: true }] },
      )
      .then(async (script) => {
        const source = stage.connect(script);
        await stage.until(source, 'message', 2);
        same(
          source.fired.filter(({ type }) => type === 'message').map(({ data }) => data),
          ['a', 'b'],
        );
      });
  },

  'the reconnection time outlives the stream that set it'(stage) {
    return holdsPause(async () => {
      const script = await stage.script(stream('retry: 700\ndata: a\n\n'), stream('data: b\n\n'), over);
      const source = stage.connect(script);
      await stage.until(source, 'error', 3);
      const [, second, third] = await script.requests(3);
      return third.at_ms - second.ended.at_ms;
    }, 700);
  },

  'without a retry field it waits a few seconds'(stage) {
    return pauseAfter(stage, 'data: a\n\n').then((pause) =>
      holds(pause >= 1_000 && pause <= 10_000, `it waited ${pause} ms`),
    );
  },

  'retry: 0 is a wait that ends'(stage) {
    return pauseAfter(stage, 'retry: 0\n').then((pause) => holds(pause <= 2_500, `it waited ${pause} ms`));
  },

  'a time that is longer than any timer is no short one'(stage) {
    return stage.script(stream('retry: 1\nretry: 99999999999999999999\n'), over).then(async (script) => {
      await stage.until(stage.connect(script), 'error');
      await script.noMoreThan(1, 8_000);
    });
  },

  ...Object.fromEntries(
    Object.entries(PAUSES).map(([text, pause]) => [
      `after ${shown(text)} it waits ${pause} ms`,
      (stage) => holdsPause(() => pauseAfter(stage, text), pause),
    ]),
  ),

  'each reconnect has the headers of the first request'(stage) {
    return stage.script(ended('data: a\n\n'), over).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'error', 2);
      for (const request of await script.requests(2)) {
        same(
          [request.method, header(request, 'accept'), header(request, 'cache-control')],
          ['GET', 'text/event-stream', 'no-cache'],
        );
      }
    });
  },

  'a reconnect after a redirect goes to where the redirect led'(stage) {
    return stage.script(ended('data: a\n\n'), over).then(async (target) => {
      const script = await stage.script(status(302, { location: target.url }));
      const source = stage.connect(script);
      await stage.until(source, 'error', 2);
      same([(await script.noMoreThan(1)).length, (await target.requests(2)).length], [1, 2]);
      same(source.url, script.url);
    });
  },
};
