// [NON-SPEC] The entry shared: what each tab decides for itself.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { script, status, tokens } from './support.mjs';
import { assertWhole, awayPerson, person, tabs } from './tabs.mjs';

/** Numbered events, gone on with after the cursor. */
const ticks = { steps: [{ count: { text: 'id: {i}\ndata: {i}\n\n', n: 0, from: 1, resume: true, pause_ms: 50 } }] };
const SHARED = { shared: true };
const types = ({ fired }) => fired.map(({ type }) => type);

describe('each tab for itself', { concurrency: 3 }, () => {
  test('tokens stay where they are: a tab calls its provider only when it takes over', async (t) => {
    const server = await script([ticks]);
    const { tab } = await person(t);
    const [first, second, third] = [await tab(), await tab(), await tab()];
    for (const [one, token] of [
      [first, 'one'],
      [second, 'two'],
      [third, 'three'],
    ]) {
      await one.connect(server.url, { token, shared: { key: 'ann' } });
      await one.opened();
    }
    await first.closeTab();
    await second.role('leading');
    assert.deepEqual([(await second.report()).tokenCalls, (await third.report()).tokenCalls], [1, 0]);
    assert.deepEqual(tokens(await server.exactly(2)), ['Bearer one', 'Bearer two']);
  });

  test('a tab of another user does not join; one that logs in as another leaves the first', async (t) => {
    const server = await script([ticks]);
    const { tab } = await person(t);
    const [ann, ben] = [await tab(), await tab()];
    await ann.connect(server.url, { token: 'ann', shared: { key: 'ann' } });
    await ben.connect(server.url, { token: 'ben', shared: { key: 'ben' } });
    await Promise.all([ann.role('leading'), ben.role('leading')]);
    await server.exactly(2);
    // Ann leaves, and Ben logs in where she was.
    await ann.close();
    await ann.connect(server.url, { token: 'ben too', shared: { key: 'ben' } });
    await ann.role('following');
    await ann.more(5);
    assert.deepEqual(tokens(await server.exactly(2)).sort(), ['Bearer ann', 'Bearer ben']);
  });

  test('a token that is refused is the affair of its tab: the next one tries its own', async (t) => {
    const server = await script([status(401), ticks]);
    const { tab } = await person(t);
    const [first, second] = [await tab(), await tab()];
    await first.page.evaluate(
      (url) => connect(url, { headers: { authorization: 'Bearer old' }, shared: { key: 'ann' } }),
      server.url,
    );
    await first.until('a refusal', ({ readyState }) => readyState === 2);
    assert.deepEqual(types(await first.report()), ['error', 'connectionclose']);
    await second.connect(server.url, { token: 'fresh', shared: { key: 'ann' } });
    await second.more(3);
  });

  test('the leading tab reloads: another tab takes over without an `error`', async (t) => {
    const server = await script([ticks]);
    const browser = await person(t);
    const [first, second] = [await browser.tab(), await browser.tab()];
    // A listener that was added first runs first, and promise callbacks run after each listener.
    await first.page.evaluate(() => addEventListener('pagehide', () => {}));
    for (const one of [first, second]) {
      await one.connect(server.url, SHARED);
      await one.opened();
    }
    await first.page.reload();
    await second.role('leading');
    const { fired } = await second.more(5);
    assertWhole(fired);
    assert.deepEqual(types({ fired: fired.filter(({ type }) => type === 'error') }), []);
  });

  for (const [what, block] of [
    [
      'channels',
      () => {
        globalThis.BroadcastChannel = class {
          constructor() {
            throw new DOMException('The operation is insecure.', 'SecurityError');
          }
        };
      },
    ],
    [
      'locks',
      () => {
        navigator.locks.request = async () => {
          throw new DOMException('The operation is insecure.', 'SecurityError');
        };
      },
    ],
  ]) {
    test(`a browser that refuses ${what}: a connection of its own, and no exception`, async (t) => {
      const server = await script([ticks]);
      const { tab } = await person(t);
      const only = await tab();
      const thrown = [];
      only.page.on('pageerror', (error) => thrown.push(String(error)));
      await only.page.evaluate(block);
      await only.connect(server.url, SHARED);
      await only.role('alone');
      assertWhole((await only.more(5)).fired);
      await only.page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
      assertWhole((await only.more(5)).fired);
      assert.equal((await only.report()).role, 'alone');
      assert.deepEqual(thrown, []);
      await server.exactly(1);
    });
  }

  test("`retry: 'spec'`: events are dispatched one by one, and shared all the same", async (t) => {
    const server = await script([ticks]);
    const { tab } = await person(t);
    const [first, second] = [await tab(), await tab()];
    for (const one of [first, second]) {
      await one.connect(server.url, { ...SHARED, retry: 'spec' });
      await one.opened();
    }
    for (const one of [first, second]) assertWhole((await one.more(10)).fired);
    await first.close();
    await second.role('leading');
    assertWhole((await second.more(10)).fired);
    await server.exactly(2);
  });

  test('a loop in any tab has every event; leaving it closes only that source', async (t) => {
    const server = await script([ticks]);
    const [first, second, third] = await tabs(await person(t), 3, server.url, SHARED);
    const seen = await second.page.evaluate(async () => {
      const seen = [];
      for await (const { data } of source) if (seen.push(Number(data)) === 10) break;
      return seen;
    });
    assert.deepEqual(
      seen,
      Array.from(seen, (_, place) => seen[0] + place),
    );
    assert.equal((await second.report()).readyState, 2);
    for (const tab of [first, third]) assertWhole((await tab.more(5)).fired);
    await server.exactly(1);
  });

  test('figures: each tab counts what it was given, and reads bytes only while it leads', async (t) => {
    const server = await script([ticks]);
    const [first, second] = await tabs(await person(t), 2, server.url, SHARED);
    const [led, followed] = [await first.more(10), await second.more(10)];
    for (const { health, fired } of [led, followed])
      assert.equal(health.events, fired.filter(({ type }) => type === 'message').length);
    assert.ok(led.health.bytes > 0);
    assert.equal(followed.health.bytes, 0);
    await first.close();
    const { health } = await second.until('bytes of its own', (report) => report.health.bytes > 0);
    assert.equal(health.reconnects, 1);
  });

  test('`openWhenHidden: false`: a tab that leads and is hidden hands over to one that is looked at', async (t) => {
    const server = await script([ticks]);
    const { tab } = await awayPerson(t);
    const options = { ...SHARED, openWhenHidden: false };
    const first = await tab();
    await first.page.bringToFront();
    await first.connect(server.url, options);
    await first.more(5);
    const second = await tab();
    await second.page.bringToFront();
    await second.connect(server.url, options);
    await second.role('leading');
    assert.deepEqual((({ role, phase, readyState }) => ({ role, phase, readyState }))(await first.report()), {
      role: 'away',
      phase: 'suspended',
      readyState: 0,
    });
    await first.page.bringToFront();
    await first.role('leading');
    assertWhole((await first.more(5)).fired.slice(-5));
    await second.role('away');
  });

  test('closed by a listener while it takes over: it does not connect', async (t) => {
    const server = await script([ticks]);
    const [first, second] = await tabs(await person(t), 2, server.url, SHARED);
    await second.page.evaluate(() => {
      source.addEventListener('connectionstatechange', ({ state }) => {
        if (state.reason === 'takeover') source.close();
      });
    });
    await first.close();
    await second.until('its end', ({ readyState }) => readyState === 2);
    await server.exactly(1);
  });

  test('a listener that closes one tab closes no other', async (t) => {
    const server = await script([ticks]);
    const [first, second, third] = await tabs(await person(t), 3, server.url, SHARED);
    await second.close();
    await third.more(5);
    const { readyState, fired } = await second.report();
    assert.equal(readyState, 2);
    await first.more(5);
    assert.equal((await second.report()).fired.length, fired.length);
    await server.exactly(1);
  });
});
