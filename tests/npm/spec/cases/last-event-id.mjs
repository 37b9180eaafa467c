// §9.2.4, the Last-Event-ID header.
import { same } from '../expect.mjs';
import { open, over, stream } from '../stage.mjs';
import { ended, shown } from './reconnect.mjs';

export const section = '§9.2.4 Last-Event-ID';

/** The header as text, from the bytes that came. */
function cursor({ last_event_id_hex: hex }) {
  return hex ? new TextDecoder().decode(Uint8Array.from(hex.match(/../g), (byte) => parseInt(byte, 16))) : undefined;
}

/** The header of the request after a stream of this text. */
async function cursorAfter(stage, text) {
  const script = await stage.script(stream(`retry: 50\n${text}`), over);
  const source = stage.connect(script);
  await stage.until(source, 'error', 2);
  return cursor((await script.requests(2))[1]);
}

const CURSORS = {
  'id: 1\ndata: a\n\n': '1',
  'id: 1\n\n': '1',
  'id: 1\ndata: a\n\nid: 2\n\n': '2',
  'id: 1\ndata: a\n\ndata: b\n\n': '1',
  'id: 1\ndata: a\n\nid\ndata: b\n\n': undefined,
  'id: 1\ndata: a\n\nid:\n\n': undefined,
  'id: 1\ndata: a\n\nid: 2\ndata: never finished\n': '1',
  'id: 1\ndata: a\n\nid: 2': '1',
  'id: 1\ndata: a\n\nid: 2\n': '1',
  'id: 1\ndata: a\n\nid: 2\u00003\ndata: b\n\n': '1',
  'id: 1\nid: 2\ndata: a\n\n': '2',
  'id: a b\ndata: a\n\n': 'a b',
  'id: \u2026\u00e4\ud83d\ude00\ndata: a\n\n': '\u2026\u00e4\ud83d\ude00',
  'data: a\n\n': undefined,
};

export const cases = {
  'an event without an ID, after a reconnect, has the ID that was resumed from'(stage) {
    return stage.script(ended('id: 1\ndata: a\n\n'), open('data: b\n\n')).then(async (script) => {
      const source = stage.connect(script);
      same((await stage.until(source, 'message', 2)).lastEventId, '1');
    });
  },

  ...Object.fromEntries(
    Object.entries(CURSORS).map(([text, id]) => [
      `after ${shown(text)} Last-Event-ID is ${id === undefined ? 'not sent' : shown(id)}`,
      async (stage) => same(await cursorAfter(stage, text), id),
    ]),
  ),

  'Last-Event-ID stays through streams that set none'(stage) {
    return stage.script(ended('id: 1\ndata: a\n\n'), ended('data: b\n\n'), ended(''), over).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'error', 4);
      same((await script.requests(4)).map(cursor), [undefined, '1', '1', '1']);
    });
  },

  'Last-Event-ID goes to another origin too'(stage) {
    return stage.far(ended('id: 1\ndata: a\n\n'), over).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'error', 2);
      same((await script.requests(2)).map(cursor), [undefined, '1']);
    });
  },

  'Last-Event-ID of a safe value needs no preflight'(stage) {
    return stage.far(ended('id: 1\ndata: a\n\n'), over).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'error', 2);
      same((await script.preflights()).length, 0, 'the number of preflights');
    });
  },
};
