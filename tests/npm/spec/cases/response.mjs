// §9.2.2, what a response makes of the connection: announced, or failed.
import { same } from '../expect.mjs';
import { open, status, stream } from '../stage.mjs';

export const section = '§9.2.2 The response';

const BODY = 'data: a\n\n';
const typed = (type) => ({ ...open(BODY), headers: { 'content-type': type } });
/** It ends, because engines inspect the beginning of a body without a type. */
const mistyped = (type) => ({ ...typed(type), ...stream(BODY) });

/** Expects one `error` event, the state CLOSED, and no further request. */
async function fails(stage, response) {
  const script = await stage.script(response, open(BODY));
  const source = stage.connect(script);
  const event = await stage.until(source, 'error');
  await script.noMoreThan(1);
  same([source.fired.length, event.stateThen, source.readyState, 'data' in event], [1, 2, 2, false]);
}

async function opens(stage, response) {
  const source = stage.connect(await stage.script(response));
  same((await stage.until(source, 'message')).data, 'a');
}

const GOOD = [
  'text/event-stream',
  'TEXT/EVENT-STREAM',
  'text/event-stream;',
  'text/event-stream ; charset=utf-8',
  'text/event-stream;charset=UTF-8',
  'text/event-stream; charset="utf-8"',
  'text/event-stream;a=b;c',
  'text/html, text/event-stream',
];
/** The stream is UTF-8, independent of `charset`. */
const OTHER_CHARSET = 'text/event-stream; charset=windows-1252';
const BAD = [
  null,
  '',
  'text/plain',
  'text/html',
  'application/json',
  'text/event-streams',
  'text/event-stream-x',
  'x-text/event-stream',
  'text/event stream',
  'text/event-stream/x',
  'text /event-stream',
  'text/event-stream, text/plain',
  'event-stream',
  ';text/event-stream',
];
// Not 421, which engines answer with another connection.
const STATUSES = [
  201, 202, 203, 204, 205, 206, 207, 210, 299, 300, 304, 305, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 418,
  422, 425, 429, 451, 500, 501, 502, 503, 504, 505, 511, 599,
];
const BODILESS = [204, 205, 304];

export const cases = {
  ...Object.fromEntries(GOOD.map((type) => [`\`${type}\` opens`, (stage) => opens(stage, typed(type))])),
  [`\`${OTHER_CHARSET}\` opens, and is UTF-8 all the same`]: async (stage) => {
    const source = stage.connect(
      await stage.script({ ...open('data: \u00e4\n\n'), headers: { 'content-type': OTHER_CHARSET } }),
    );
    same((await stage.until(source, 'message')).data, '\u00e4');
  },
  ...Object.fromEntries(
    BAD.map((type) => [
      type === null ? 'no content type fails' : `\`${type}\` fails`,
      (stage) => fails(stage, mistyped(type)),
    ]),
  ),
  ...Object.fromEntries(
    STATUSES.map((code) => [
      `status ${code} fails with any content type`,
      (stage) =>
        fails(stage, {
          ...status(code, { 'content-type': 'text/event-stream' }),
          ...(BODILESS.includes(code) ? {} : stream(BODY)),
        }),
    ]),
  ),

  'an empty event stream opens before it ends'(stage) {
    return stage.script(stream(''), status(204)).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'error');
      same(
        source.fired.map(({ type, stateThen }) => [type, stateThen]),
        [
          ['open', 1],
          ['error', 0],
        ],
      );
    });
  },

  'the headers alone open it'(stage) {
    return stage.script(open('')).then(async (script) => {
      const source = stage.connect(script);
      const event = await stage.until(source, 'open');
      same([event.stateThen, source.fired.length], [1, 1]);
    });
  },
};
