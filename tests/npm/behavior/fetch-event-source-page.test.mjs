// `./fetch-event-source`: hidden pages, held against both, and what of them is not copied.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cursors, ended, open, script, status } from './support.mjs';
import { both, call, first, hide, ours, post, retry, second } from './fetch-event-source.mjs';

// One at a time: there is one page.
for (const [name, fetchEventSource] of Object.entries(both)) {
  describe(name, { timeout: 60_000 }, () => {
    test('a hidden page has no connection; shown again it goes on after the last event', async (t) => {
      const server = await script([open(first), ended(second)]);
      const run = call(t, fetchEventSource, server, { openWhenHidden: undefined });
      await run.until(1);
      hide(true);
      t.after(() => hide(false));
      assert.equal((await server.ended(1))[0].ended.by, 'client');
      await server.exactly(1);
      hide(false);
      await run.promise;
      assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
    });

    test('`openWhenHidden: true`: a hidden page stays connected', async (t) => {
      const server = await script([open(first)]);
      const run = call(t, fetchEventSource, server, { openWhenHidden: true });
      await run.until(1);
      hide(true);
      t.after(() => hide(false));
      assert.equal((await server.exactly(1))[0].ended, null);
    });
  });
}

describe('not copied', { timeout: 60_000 }, () => {
  test('a POST that is to be closed while the page is hidden ends with it', async (t) => {
    const server = await script([open(first)]);
    const run = ours(t, server, { ...post, openWhenHidden: false });
    await run.until(1);
    for (const hidden of [true, false]) hide(hidden);
    assert.equal((await run.promise.catch((error) => error)).reason, 'network');
    await server.exactly(1);
  });

  test('a POST stays when the page is hidden, and is not sent again when it is shown', async (t) => {
    const server = await script([open(first)]);
    const run = ours(t, server, { ...post, openWhenHidden: undefined });
    await run.until(1);
    for (const hidden of [true, false]) hide(hidden);
    assert.equal((await server.exactly(1))[0].ended, null);
  });

  test('hidden and shown in a hurry: one connection', async (t) => {
    const server = await script([open(first)]);
    const run = ours(t, server, { openWhenHidden: undefined });
    await run.until(1);
    for (const hidden of [true, false, true, false]) hide(hidden);
    await run.until(2);
    const requests = await server.exactly(2);
    assert.deepEqual(
      requests.map(({ ended }) => ended?.by),
      ['client', undefined],
    );
  });

  test('hidden while it waits: no attempt until the page is shown', async (t) => {
    const server = await script([status(503), ended(first)]);
    const run = ours(t, server, { openWhenHidden: undefined, retry });
    await server.ended(1);
    hide(true);
    t.after(() => hide(false));
    await server.exactly(1, 800);
    hide(false);
    await run.promise;
  });
});
