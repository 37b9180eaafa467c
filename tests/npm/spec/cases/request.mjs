// §9.2.2 and §9.2.3, the request: its headers, credentials and origins.
import { holds, same } from '../expect.mjs';
import { until } from '../../../lib/wait.mjs';
import { header, open, over, sleep, stream, typesOf } from '../stage.mjs';

export const section = '§9.2.3 The request';

export const MESSAGE = open('data: a\n\n');
export const allow = (origin, more) => ({
  ...MESSAGE,
  cors: false,
  headers: { 'access-control-allow-origin': origin, ...more },
});

/** Returns the first message of the stream. */
export async function message(stage, url, init) {
  return stage.until(stage.connect(url, init), 'message');
}

/** The connection is failed: CLOSED, one `error` event that is no message, and nothing before it. */
export async function fails(stage, url, init) {
  const source = stage.connect(url, init);
  const event = await stage.until(source, 'error');
  same([source.readyState, event.stateThen, 'data' in event, source.fired.length], [2, 2, false, 1], source.url);
}

/** The first thing that it fires is `open`. */
async function opens(stage, url) {
  const source = stage.connect(url);
  await until(`anything from ${url}`, () => source.fired.length > 0, stage.patience);
  same(source.fired[0].type, 'open');
  same((await stage.until(source, 'message')).data, 'a');
}

const cookieOf = (request) => request.cookie?.value?.split('; ').sort().join('; ');
export const CREDENTIALS = { 'access-control-allow-credentials': 'true' };

export const cases = {
  'it is a GET that accepts text/event-stream'(stage) {
    return first(stage, (request) => same([request.method, header(request, 'accept')], ['GET', 'text/event-stream']));
  },

  'it has no Last-Event-ID while the last event ID is empty'(stage) {
    return first(stage, (request) => same(header(request, 'last-event-id'), undefined));
  },

  'no cache answers it: Cache-Control is no-cache'(stage) {
    return first(stage, (request) => same(header(request, 'cache-control'), 'no-cache'));
  },

  'the same to another origin, without a preflight'(stage) {
    return first(
      stage,
      (request) => {
        const headers = ['accept', 'cache-control', 'last-event-id', 'origin'].map((name) => header(request, name));
        same(headers, ['text/event-stream', 'no-cache', undefined, location.origin]);
      },
      stage.far(MESSAGE),
    );
  },

  'a response that may be cached is requested again'(stage) {
    const cacheable = { ...stream('retry: 50\ndata: a\n\n'), headers: { 'cache-control': 'max-age=3600' } };
    return stage.script(cacheable, cacheable, over).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'message', 2);
      await script.requests(2);
    });
  },

  'its response does not go to the cache'(stage) {
    const cacheable = { ...stream('data: a\n\n'), headers: { 'cache-control': 'max-age=3600' } };
    return stage.script(cacheable).then(async (script) => {
      const source = stage.connect(script);
      await stage.until(source, 'error');
      source.close();
      await fetch(script.url, { cache: 'force-cache' });
      await script.requests(2);
    });
  },

  'its mode is cors and its destination is empty'(stage) {
    return first(stage, (request) =>
      same(
        ['sec-fetch-mode', 'sec-fetch-dest'].map((name) => header(request, name)),
        ['cors', 'empty'],
      ),
    );
  },

  'the fragment of the URL stays in `url` and is not sent'(stage) {
    return stage.script(MESSAGE).then(async (script) => {
      const source = stage.connect(`${script.url}?a#b`);
      await stage.until(source, 'message');
      const [{ target }] = await script.requests(1);
      same([source.url.endsWith('?a#b'), target], [true, `${new URL(script.url).pathname}?a`]);
    });
  },

  'a user name and a password in the URL are no obstacle'(stage) {
    return stage.script(MESSAGE).then((script) => opens(stage, script.url.replace('://', '://user:secret@')));
  },

  'it names the page as its referrer'(stage) {
    return first(stage, (request) => same(header(request, 'referer'), location.href.replace(/#.*/, '')));
  },

  'to the own origin it carries cookies'(stage) {
    return withCookie(stage, stage.servers.near, async (cookie) => {
      for (const init of [undefined, { withCredentials: true }]) {
        await first(
          stage,
          (request) => holds(cookieOf(request)?.includes(cookie), 'the cookie is missing'),
          stage.script(MESSAGE),
          init,
        );
      }
    });
  },

  'to another origin it carries cookies only withCredentials'(stage) {
    return withCookie(stage, stage.servers.far, async (cookie) => {
      await first(stage, (request) => same(cookieOf(request), undefined), stage.far(MESSAGE));
      const has = (request) => holds(cookieOf(request)?.includes(cookie), 'the cookie is missing');
      await first(stage, has, stage.far(MESSAGE), { withCredentials: true });
    });
  },

  'another origin may allow it by name or by *'(stage) {
    return Promise.all(
      [allow(location.origin), allow('*')].map(async (response) => {
        const script = await stage.far(response);
        same((await message(stage, script)).origin, new URL(script.url).origin);
      }),
    );
  },

  'another origin that does not allow it fails the connection'(stage) {
    const refusals = [{ ...MESSAGE, cors: false }, allow('http://example.org'), allow(''), allow('null')];
    return Promise.all(refusals.map(async (response) => fails(stage, await stage.far(response))));
  },

  'with credentials, * and a missing Allow-Credentials fail the connection'(stage) {
    const refusals = [
      allow('*', CREDENTIALS),
      allow(location.origin),
      allow(location.origin, { 'access-control-allow-credentials': 'TRUE' }),
    ];
    return Promise.all(
      refusals.map(async (response) => fails(stage, await stage.far(response), { withCredentials: true })),
    );
  },

  'with credentials, an origin by name and Allow-Credentials: true are enough'(stage) {
    return stage
      .far(allow(location.origin, CREDENTIALS))
      .then((script) => message(stage, script, { withCredentials: true }));
  },

  'a data: URL is a stream like others'(stage) {
    return opens(stage, 'data:text/event-stream,data:%20a%0A%0A');
  },

  'a scheme that cannot be fetched fails the connection'(stage) {
    const schemes = ['ftp://127.0.0.1/', 'about:blank', 'mailto:a@127.0.0.1', "javascript:alert('no')", 'unknown:a'];
    return Promise.all(schemes.map((url) => fails(stage, url)));
  },

  'it is sent once, and not while the constructor runs'(stage) {
    return stage.script(MESSAGE).then(async (script) => {
      await message(stage, script);
      await script.noMoreThan(1);
    });
  },
};

export const windowCases = {
  'a source whose frame is gone lets go of its connection'(stage) {
    return stage.script(MESSAGE).then(async (script) => {
      const frame = await stage.frame('frame.html');
      const source = new frame.contentWindow.tested[stage.context.client](script.url);
      await new Promise((resolve) => {
        source.onmessage = resolve;
      });
      frame.remove();
      const [{ ended }] = await script.ended(1);
      same(ended.by, 'client');
    });
  },

  'a blob: URL is a stream like others'(stage) {
    const url = URL.createObjectURL(new Blob(['data: a\n\n'], { type: 'text/event-stream' }));
    return opens(stage, url);
  },

  'an address that the policy of the page forbids fails the connection'(stage) {
    return stage.far(MESSAGE).then(async (script) => {
      const frame = await stage.frame('policy.html');
      const source = stage.watch(new frame.contentWindow.tested[stage.context.client](script.url));
      await until('the end', () => source.readyState === 2);
      same(
        typesOf(source).filter((type) => type !== 'error'),
        [],
      );
      await script.noMoreThan(0);
    });
  },

  'window.stop() fails the connection'(stage) {
    return stage.script({ framing: 'raw', steps: [{ hang: true }] }).then(async (script) => {
      const frame = await stage.frame('frame.html');
      const source = stage.watch(new frame.contentWindow.tested[stage.context.client](script.url));
      await script.requests(1);
      frame.contentWindow.stop();
      await stage.until(source, 'error');
      await sleep(200);
      same([source.readyState, source.fired.length], [2, 1]);
    });
  },
};

async function first(stage, look, given = stage.script(MESSAGE), init) {
  const script = await given;
  await message(stage, script, init);
  const [request] = await script.requests(1);
  look(request);
  same((await script.preflights()).length, 0, 'the number of preflights');
}

/** With a cookie that `server` has set; pages on 127.0.0.1 and localhost are of one machine, not of one site. */
async function withCookie(stage, server, look) {
  const cookie = `conformance${Math.random().toString(36).slice(2)}=1`;
  const set = (end) =>
    stage
      .stored({ responses: [{ status: 200, headers: { 'set-cookie': `${cookie}; Path=/${end}` } }] }, server)
      .then(({ url }) => fetch(url, { credentials: 'include' }));
  await set('');
  try {
    await look(cookie);
  } finally {
    await set('; Max-Age=0');
  }
}
