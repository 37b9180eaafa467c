// §9.2.3, the request is redirected.
import { same } from '../expect.mjs';
import { header, status } from '../stage.mjs';
import { allow, CREDENTIALS, fails, MESSAGE, message } from './request.mjs';

export const section = '§9.2.3 Redirects';

export const cases = {
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].map((code) => [
      `a redirect by ${code} is followed, and \`url\` stays`,
      async (stage) => {
        const target = await stage.script(MESSAGE);
        const script = await stage.script(status(code, { location: target.url }));
        const source = stage.connect(script);
        const { origin } = await stage.until(source, 'message');
        same([source.url, origin], [script.url, location.origin]);
      },
    ]),
  ),

  '`origin` of an event is that of the final URL'(stage) {
    return stage.far(MESSAGE).then(async (target) => {
      const script = await stage.script(status(302, { location: target.url }));
      same((await message(stage, script)).origin, new URL(target.url).origin);
    });
  },

  'a redirect to an origin that does not allow it fails the connection'(stage) {
    return stage.far({ ...MESSAGE, cors: false }).then(async (target) => {
      await fails(stage, await stage.script(status(302, { location: target.url })));
    });
  },

  'a redirect to another origin withCredentials needs its leave for them'(stage) {
    return Promise.all(
      [
        [allow('*'), 'error'],
        [allow(location.origin, CREDENTIALS), 'message'],
      ].map(async ([response, type]) => {
        const target = await stage.far(response);
        const source = stage.connect(await stage.script(status(302, { location: target.url })), {
          withCredentials: true,
        });
        await stage.until(source, type);
        same([source.readyState, source.fired.at(-1).type], type === 'error' ? [2, 'error'] : [1, 'message']);
      }),
    );
  },

  'a redirect from one other origin to a third comes from the origin `null`'(stage) {
    return stage
      .stored({ responses: [allow('null')], record_authorization: true }, stage.servers.control)
      .then(async (target) => {
        const script = await stage.far({
          ...status(302, { location: target.url, 'access-control-allow-origin': location.origin }),
          cors: false,
        });
        await message(stage, script);
        same(header((await target.requests(1))[0], 'origin'), 'null');
      });
  },

  'a redirect without end, or to what is no URL, gives no event'(stage) {
    const loop = status(302, { location: '{path}' });
    return Promise.all(
      [loop, status(302, { location: 'http://a b/' }), status(302)].map(async (response) => {
        const source = stage.connect(await stage.script(response));
        await stage.until(source, 'error');
        same(
          source.fired.map(({ type }) => type),
          ['error'],
        );
      }),
    );
  },
};
