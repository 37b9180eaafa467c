// §9.2.3 and §9.2.6, the events: their interfaces, members, order and targets.
import { holds, same } from '../expect.mjs';
import { until } from '../../../lib/wait.mjs';
import { open, over, sleep, status, stream } from '../stage.mjs';

export const section = '§9.2.6 The events';

const opened = async (stage, text, ...types) => stage.connect(await stage.script(open(text)), undefined, ...types);

export const cases = {
  'open is an Event that neither bubbles nor can be cancelled'(stage) {
    return opened(stage, ':\n').then(async (source) => simple(await stage.until(source, 'open'), source));
  },

  'error is an Event that neither bubbles nor can be cancelled'(stage) {
    return stage.script(over).then(async (script) => {
      const source = stage.connect(script);
      simple(await stage.until(source, 'error'), source);
    });
  },

  'message is a MessageEvent with data, origin and lastEventId, and nothing else'(stage) {
    return opened(stage, 'id: 1\ndata: a\ndata: b\n\n').then(async (source) => {
      const event = await stage.until(source, 'message');
      holds(event.constructor === MessageEvent && event instanceof Event, 'it is no MessageEvent');
      same(
        [event.data, event.origin, event.lastEventId, event.source, event.ports],
        ['a\nb', location.origin, '1', null, []],
      );
      same([event.bubbles, event.cancelable, event.composed, event.target === source], [false, false, false, true]);
    });
  },

  'events of the user agent are trusted'(stage) {
    return opened(stage, 'data: a\n\n').then(async (source) =>
      same((await stage.until(source, 'message')).isTrusted, true),
    );
  },

  'a type names the event, as it is written'(stage) {
    const types = [
      'a',
      'A',
      '\u00e4',
      'a b',
      '__proto__',
      'constructor',
      'open',
      'error',
      'comment',
      'close',
      'statechange',
      'x'.repeat(1000),
    ];
    return opened(stage, types.map((type) => `event: ${type}\ndata: ${type}\n\n`).join(''), ...types).then(
      async (source) => {
        await stage.until(source, types.at(-1));
        const events = source.fired.filter((event) => event instanceof MessageEvent);
        same(
          events.map(({ type, data }) => [type, data]),
          types.map((type) => [type, type]),
        );
      },
    );
  },

  'comments and unknown fields fire nothing'(stage) {
    return opened(
      stage,
      ': a\n:\nunknown: a\n\ndata: a\n\n',
      'streamcomment',
      'connectionstatechange',
      'connectionclose',
    ).then(async (source) => {
      await stage.until(source, 'message');
      same(
        source.fired.map(({ type }) => type),
        ['open', 'message'],
      );
    });
  },

  'a failed connection fires one error and nothing else'(stage) {
    return Promise.all(
      [status(204), status(404), { ...stream(':\n'), headers: { 'content-type': 'text/html' } }].map(
        async (response) => {
          const source = stage.connect(
            await stage.script(response),
            undefined,
            'connectionclose',
            'connectionstatechange',
          );
          await stage.until(source, 'error');
          same(
            source.fired.map(({ type }) => type),
            ['error'],
          );
        },
      ),
    );
  },

  'events come in the order of the stream, behind open'(stage) {
    return opened(stage, 'data: 1\n\nevent: other\ndata: 2\n\ndata: 3\n\n', 'other').then(async (source) => {
      await stage.until(source, 'message', 2);
      same(
        source.fired.map(({ type, data, stateThen }) => [type, data, stateThen]),
        [
          ['open', undefined, 1],
          ['message', '1', 1],
          ['other', '2', 1],
          ['message', '3', 1],
        ],
      );
    });
  },

  'an event comes when its blank line does, not when the stream ends'(stage) {
    return stage.script(open('data: a\n\ndata: b\n')).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'message');
      const [{ ended }] = await script.requests(1);
      await sleep(100);
      same(
        [ended, source.fired.map(({ type, data }) => [type, data])],
        [
          null,
          [
            ['open', undefined],
            ['message', 'a'],
          ],
        ],
      );
    });
  },

  'byte order mark, characters and line ends may come in pieces'(stage) {
    const bytes = [...new TextEncoder().encode('\ufeffid: 1\r\ndata: \u00e4\ud83d\ude00\r\n\r\n')];
    const steps = bytes.flatMap((byte) => [{ base64: btoa(String.fromCharCode(byte)) }, { sleep_ms: 10 }]);
    return stage.script({ steps: [...steps, { hang: true }] }).then(async (script) => {
      const { data, lastEventId } = await stage.until(stage.connect(script), 'message');
      same([data, lastEventId], ['\u00e4\ud83d\ude00', '1']);
    });
  },

  'handlers and listeners of all kinds hear it, in their order'(stage) {
    return opened(stage, 'data: a\n\nevent: other\ndata: b\n\n').then(async (source) => {
      const heard = [];
      const hear = (name) => (event) => heard.push(`${name} ${event.data}`);
      source.onmessage = hear('handler');
      source.addEventListener('message', hear('listener'));
      source.addEventListener('message', { handleEvent: hear('object') });
      source.addEventListener('message', hear('once'), { once: true });
      source.addEventListener('message', hear('capture'), true);
      EventTarget.prototype.addEventListener.call(source, 'message', hear('borrowed'));
      EventTarget.prototype.addEventListener.call(source, 'other', hear('other'));
      const removed = hear('removed');
      source.addEventListener('message', removed);
      source.removeEventListener('message', removed);
      await until(
        () => `the other event, only ${heard}`,
        () => heard.at(-1) === 'other b',
      );
      same(
        heard.sort(),
        ['capture a', 'borrowed a', 'handler a', 'listener a', 'object a', 'once a', 'other b'].sort(),
      );
    });
  },

  'a listener that throws is reported, and the others run'(stage) {
    return opened(stage, 'data: a\n\ndata: b\n\n').then(async (source) => {
      const reported = [];
      const note = (event) => {
        if (!String(event.message).includes('on purpose')) return;
        event.preventDefault();
        reported.push(event.message);
      };
      globalThis.addEventListener('error', note);
      source.addEventListener('message', () => {
        throw new Error('on purpose');
      });
      const heard = [];
      source.addEventListener('message', ({ data }) => heard.push(data));
      await until(
        () => `two events and two reports: ${heard}, ${reported.length} reports`,
        () => heard.length === 2 && reported.length === 2,
      );
      globalThis.removeEventListener('error', note);
      same([heard, source.readyState], [['a', 'b'], 1]);
    });
  },

  'promises of a listener run before the next event'(stage) {
    return opened(stage, 'data: a\n\ndata: b\n\n').then(async (source) => {
      const order = [];
      source.addEventListener('message', async ({ data }) => {
        order.push(`event ${data}`);
        await undefined;
        order.push(`promise ${data}`);
      });
      await until(
        () => `four events, only ${order}`,
        () => order.length === 4,
      );
      same(order, ['event a', 'promise a', 'event b', 'promise b']);
    });
  },

  'an event that a page dispatches itself is heard'(stage) {
    return opened(stage, ':\n').then(async (source) => {
      source.dispatchEvent(new MessageEvent('message', { data: 'mine' }));
      same(
        source.fired.map(({ type, data }) => [type, data]),
        [['message', 'mine']],
      );
    });
  },
};

function simple(event, source) {
  holds(event instanceof Event && !(event instanceof MessageEvent), 'it is a MessageEvent');
  same([Object.prototype.toString.call(event), 'data' in event], ['[object Event]', false]);
  same([event.bubbles, event.cancelable, event.composed, event.defaultPrevented], [false, false, false, false]);
  holds(event.target === source, 'its target is another');
}
