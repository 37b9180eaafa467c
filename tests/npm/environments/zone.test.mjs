// Angular's zone.js patches promises, timers and event listeners. Versions 0.14.3 to 0.14.6 refuse the option `signal`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXPECTED, evaluate, server } from './support.mjs';

for (const version of ['0.14.3', '0.14.10', '0.15.1', '0.16.3']) {
  for (const variant of ['', '/node']) {
    test(`zone.js${variant} ${version}: an authenticated stream, a reconnect and a refresh`, async () => {
      const { url, proved } = await server();
      const code = `
        // Zones patch the listeners of a page, which Node has not.
        const page = new EventTarget();
        for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent'])
          globalThis[name] = page[name].bind(page);
        globalThis.window = globalThis;
        globalThis.document = new EventTarget();
        await import('zone.js-${version}${variant}');
        const { AuthenticatedEventSource } = await import('authenticated-event-source');
        const { default: { readTwoStreams } } = await import('./scenario.cjs');
        const zone = Zone.current.fork({ name: 'application' });
        const result = await zone.run(() => readTwoStreams(AuthenticatedEventSource, '${url}'));
        console.log(JSON.stringify({ ...result, isPatched: String(Promise).includes('ZoneAware') }));
      `;
      assert.deepEqual(await evaluate(code), { ...EXPECTED, isPatched: true });
      await proved();
    });
  }
}
