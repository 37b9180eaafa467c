// §9.2.2, the constructor and what it leaves behind.
import { holds, same, throws } from '../expect.mjs';
import { open } from '../stage.mjs';

export const section = '§9.2.2 The constructor';

/** Made and closed at once. */
function made({ EventSource }, ...args) {
  const source = new EventSource(...args);
  source.close();
  return source;
}

const INVALID = [
  'http://this is invalid/',
  'http://',
  'http:// /',
  'http://a b/',
  'http://a<b/',
  'http://a>b/',
  'http://a^b/',
  'http://a|b/',
  'http://a%00b/',
  'http://exa%23mple/',
  'http://a%b/',
  'http://[::1',
  'http://[1::2::3]/',
  'http://1.2.3.256/',
  'http://a.0x/',
  'http://a:65536/',
  'http://a:b/',
  'http://a\u00adb%/',
  'http://\ufffd/',
  'https://a\u0000b/',
];

const base = () => globalThis.document?.baseURI ?? location.href;

export const cases = {
  'a URL that does not parse is a SyntaxError DOMException'(stage) {
    for (const url of INVALID) {
      const error = throws(DOMException, () => made(stage, url), url);
      same([error.name, error.code], ['SyntaxError', 12], url);
    }
  },

  'what looks odd and parses is accepted'(stage) {
    const odd = [
      ['HTTP://127.0.0.1:80/a/../b?c d#e f', 'http://127.0.0.1/b?c%20d#e%20f'],
      ['http://0x7f.1:9/', 'http://127.0.0.1:9/'],
      ['http:\\\\127.0.0.1:9\\a', 'http://127.0.0.1:9/a'],
      [' http://127.0.0.1:9/\n', 'http://127.0.0.1:9/'],
      ['http://127.0.0.1:9/%zz', 'http://127.0.0.1:9/%zz'],
      ['http://127.0.0.1:9/\ud800', 'http://127.0.0.1:9/%EF%BF%BD'],
    ];
    for (const [url, normal] of odd) same(made(stage, url).url, normal, url);
  },

  'a relative URL is relative to the document, or to the worker'(stage) {
    for (const url of ['a/b?c#d', '/a', '?a', '#a', '//127.0.0.1:9/', '../a']) {
      same(made(stage, url).url, new URL(url, base()).href, url);
    }
  },

  'the empty URL is the base itself'(stage) {
    same(made(stage, '').url, new URL('', base()).href);
  },

  'the URL is made a string'(stage) {
    const object = { toString: () => '/object' };
    for (const [url, text] of [
      [null, 'null'],
      [undefined, 'undefined'],
      [7, '7'],
      [object, '/object'],
      [new URL('/url', base()), '/url'],
    ]) {
      same(made(stage, url).url, new URL(text, base()).href, text);
    }
    throws(TypeError, () => made(stage, Symbol('a')), 'a symbol');
  },

  'the second argument is a dictionary: an object, null or undefined'(stage) {
    for (const init of [undefined, null, {}, [], () => {}]) made(stage, '/', init);
    for (const init of [1, 'a', true, Symbol('a'), 1n]) throws(TypeError, () => made(stage, '/', init), String(init));
  },

  'withCredentials is the given value, as a boolean'(stage) {
    const values = [
      [undefined, false],
      [false, false],
      [0, false],
      ['', false],
      [null, false],
      [true, true],
      ['false', true],
      [{}, true],
    ];
    for (const [withCredentials, is] of values)
      same(made(stage, '/', { withCredentials }).withCredentials, is, String(withCredentials));
    same(made(stage, '/').withCredentials, false);
  },

  'arguments are converted before the URL is parsed'(stage) {
    throws(TypeError, () => made(stage, 'http://', 1), 'an invalid URL with an invalid dictionary');
    const thrown = new Error('from toString');
    try {
      made(
        stage,
        {
          toString() {
            throw thrown;
          },
        },
        1,
      );
    } catch (error) {
      holds(error === thrown, `threw ${error}`);
      return;
    }
    throw new Error('nothing was thrown');
  },

  'what a getter of the dictionary throws comes through'(stage) {
    const thrown = new RangeError('from the getter');
    same(
      throws(RangeError, () =>
        made(stage, '/', {
          get withCredentials() {
            throw thrown;
          },
        }),
      ).message,
      thrown.message,
    );
  },

  'a new source is CONNECTING and has its URL; all else comes later'(stage) {
    const source = stage.watch(new stage.EventSource('/nothing-there'));
    same([source.readyState, source.url, source.withCredentials], [0, new URL('/nothing-there', base()).href, false]);
    same(source.fired.length, 0);
  },

  'listeners that are added after the constructor hear all'(stage) {
    return stage.script(open('data: a\n\n')).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'message');
      same(
        source.fired.map(({ type }) => type),
        ['open', 'message'],
      );
    });
  },
};

export const windowCases = {
  'in a frame with another base URL, that is what counts'(stage) {
    return inFrame(stage, 'frame.html', (EventSource) => {
      same(made({ EventSource }, 'a?b').url, 'http://127.0.0.1:9/elsewhere/a?b');
      same(made({ EventSource }, '').url, 'http://127.0.0.1:9/elsewhere/base');
    });
  },

  'in a document of another encoding, that is the encoding of the query'(stage) {
    return inFrame(stage, 'latin.htm', (EventSource) => {
      same(made({ EventSource }, '/\u00e4?\u00e4#\u00e4').url, new URL('/%C3%A4?%E4#%C3%A4', location.href).href);
    });
  },

  'exceptions and events are of the realm of the class'(stage) {
    return inFrame(stage, 'frame.html', async (EventSource, frame) => {
      throws(frame.DOMException, () => made({ EventSource }, 'http://'), 'the constructor');
      const script = await stage.script(open('data: a\n\n'));
      const source = stage.watch(new EventSource(script.url));
      const event = await stage.until(source, 'message');
      holds(
        event instanceof frame.MessageEvent && event.constructor === frame.MessageEvent,
        'the event is of another realm',
      );
    });
  },
};

async function inFrame(stage, page, look) {
  const frame = (await stage.frame(page)).contentWindow;
  await look(frame.tested[stage.context.client], frame);
}
