// [NON-SPEC] The entry shared: failures of the connection, and pages that cannot share.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cursors, open, script, status } from './support.mjs';
import { assertWhole, person, tabs } from './tabs.mjs';

/** Numbered events, gone on with after the cursor. */
const ticks = { steps: [{ count: { text: 'id: {i}\ndata: {i}\n\n', n: 0, from: 1, resume: true, pause_ms: 50 } }] };
const SHARED = { shared: true };
const types = ({ fired }) => fired.map(({ type }) => type);

describe('what happens to the connection happens to all', { concurrency: 3 }, () => {
  test('a break: an `error` with what comes next, then `open`; one request for each attempt', async (t) => {
    const server = await script([
      { framing: { length: 1_000_000 }, steps: [{ text: 'id: 1\ndata: 1\n\n' }, { hang: true }] },
      status(503),
      ticks,
    ]);
    const all = await tabs(await person(t), 2, server.url, SHARED);
    await server.close('rst');
    for (const tab of all) {
      const { fired } = await tab.until(
        'the third attempt',
        (report) => types(report).filter((type) => type === 'open').length === 2,
      );
      const shown = fired
        .filter(({ type }) => type === 'error' || type === 'open')
        .map(({ type, reason, status: code, willRetry, resumed }) => ({ type, reason, code, willRetry, resumed }));
      assert.deepEqual(shown, [
        { type: 'open', reason: undefined, code: undefined, willRetry: undefined, resumed: false },
        { type: 'error', reason: 'network', code: undefined, willRetry: true, resumed: undefined },
        { type: 'error', reason: 'status', code: 503, willRetry: true, resumed: undefined },
        { type: 'open', reason: undefined, code: undefined, willRetry: undefined, resumed: true },
      ]);
    }
    await server.exactly(3);
  });

  test('an answer that is final ends all, with one request', async (t) => {
    const server = await script([open('id: 1\ndata: 1\n\n'), status(404)]);
    const all = await tabs(await person(t), 3, server.url, SHARED);
    await server.close();
    for (const tab of all) {
      const { fired, readyState } = await tab.until('the end', (report) => report.readyState === 2);
      assert.equal(readyState, 2);
      assert.deepEqual(
        fired.slice(-2).map(({ type, reason, status: code }) => [type, reason, code]),
        [
          ['error', 'status', 404],
          ['connectionclose', 'status', undefined],
        ],
      );
    }
    await server.exactly(2, 1000);
  });

  test('`reconnect()` in any tab; comments and the reconnection time reach all', async (t) => {
    const server = await script([open('retry: 1234\nid: 1\ndata: 1\n\n'), open(': hello\nid: 2\ndata: 2\n\n')]);
    const [first, second] = await tabs(await person(t), 2, server.url, SHARED);
    assert.equal((await second.report()).reconnectionTime, 1234);
    await second.reconnect();
    for (const tab of [first, second]) {
      const shown = (await tab.had(2)).fired.map(({ type, data }) => (type === 'open' ? type : `${type} ${data}`));
      assert.deepEqual(shown.slice(-3), ['open', 'streamcomment hello', 'message 2']);
    }
    assert.deepEqual(cursors(await server.exactly(2)), [null, '1']);
  });
});

describe('where nothing can be shared each has its own connection', { concurrency: 3 }, () => {
  for (const [what, prepare, options = SHARED] of [
    ['there are no locks', () => Object.defineProperty(navigator, 'locks', { value: undefined })],
    [
      'there is no BroadcastChannel',
      () => {
        delete globalThis.BroadcastChannel;
      },
    ],
    [
      'locks are forbidden',
      () => {
        navigator.locks.request = () => Promise.reject(new DOMException('no', 'SecurityError'));
      },
    ],
    ['it is no GET', () => {}, { shared: true, method: 'POST', retry: {} }],
    ['the option is off', () => {}, { shared: false }],
  ]) {
    test(what, async (t) => {
      const server = await script([ticks]);
      const { tab } = await person(t);
      const both = [await tab(), await tab()];
      for (const one of both) {
        await one.page.evaluate(prepare);
        await one.connect(server.url, options);
        const { fired, role } = await one.more(5);
        assert.equal(role, 'alone');
        assertWhole(fired);
      }
      await server.exactly(2);
    });
  }

  test('credentials without a `key`, and options that make no sense, are a TypeError', async (t) => {
    const { tab } = await person(t);
    const { page } = await tab();
    for (const options of [
      { auth: 't', shared: true },
      { headers: { a: 'b' }, shared: {} },
      { shared: { key: '' } },
      { shared: { leaderTimeout: 0 } },
    ]) {
      const thrown = await page.evaluate((options) => {
        try {
          new Classes.Shared('/', options);
        } catch (error) {
          return error.name;
        }
      }, options);
      assert.equal(thrown, 'TypeError', JSON.stringify(options));
    }
    await assert.rejects(
      page.evaluate(() => {
        new Classes.Plain('/', { shared: true });
      }),
      /authenticated-event-source\/shared/,
    );
  });
});
