// [NON-SPEC] The entry shared: one connection for all tabs of an origin, whatever happens to them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cursors, open, script, status, stream, tokens } from './support.mjs';
import { assertWhole, awayPerson, person, reference, tabs } from './tabs.mjs';

/** Numbered events, gone on with after the cursor. */
const ticks = { steps: [{ count: { text: 'id: {i}\ndata: {i}\n\n', n: 0, from: 1, resume: true, pause_ms: 50 } }] };
const SHARED = { shared: true };
const types = ({ fired }) => fired.map(({ type }) => type);

describe('one connection', { concurrency: 3 }, () => {
  test('for all tabs and a worker: each has every event since it came', async (t) => {
    const server = await script([ticks]);
    const { tab, worker } = await person(t);
    const all = [await tab(), await tab(), await worker()];
    for (const one of all) await one.connect(server.url, SHARED);
    for (const one of all) await one.opened();
    const reports = await Promise.all(all.map((one) => one.more(20)));
    for (const { fired } of reports) {
      assertWhole(fired);
      assert.deepEqual([fired[0].type, fired[0].from], ['open', server.url]);
    }
    assert.deepEqual(reports.map(({ role }) => role).sort(), ['following', 'following', 'leading']);
    await server.exactly(1);
  });

  for (const [how, end] of [
    ['is closed', (tab) => tab.closeTab()],
    ['crashes', (tab) => tab.crash()],
    ['closes its source', (tab) => tab.close()],
    ['goes to another page', (tab) => tab.page.goto(tab.page.url().replace('index', 'other'))],
  ]) {
    test(`the tab that leads ${how}: another goes on from the same event, with one request`, async (t) => {
      const server = await script([ticks]);
      const [first, second, third] = await tabs(await person(t), 3, server.url, SHARED);
      await third.more(5);
      await end(first);
      await second.role('leading');
      for (const tab of [second, third]) {
        const { fired } = await tab.more(10);
        assertWhole(fired);
        assert.deepEqual(
          fired.filter(({ type }) => type !== 'message').map(({ type, resumed }) => [type, resumed]),
          [
            ['open', false],
            ['open', true],
          ],
        );
      }
      const [, cursor] = cursors(await server.exactly(2));
      assert.ok(Number(cursor) > 0, 'it told the server where it was');
    });
  }

  test('a tab that is frozen while it leads hands over, and is whole again when it is back', async (t) => {
    const server = await script([ticks]);
    const [first, second, third] = await tabs(await awayPerson(t), 3, server.url, SHARED);
    await third.more(5);
    await first.freeze();
    await second.role('leading');
    await third.more(5);
    await third.freeze();
    await second.more(5);
    await first.thaw();
    await third.thaw();
    for (const tab of [first, third]) {
      await tab.role('following');
      assertWhole((await tab.more(10)).fired);
    }
    assertWhole((await second.report()).fired);
    await server.exactly(2);
  });

  test('a tab that leads and goes into the back/forward cache hands over, and takes part again when it is back', async (t) => {
    const server = await script([ticks]);
    const [first, second] = await tabs(await person(t), 2, server.url, SHARED);
    await first.page.evaluate(() =>
      addEventListener('pageshow', ({ persisted }) => {
        globalThis.wasCached = persisted;
      }),
    );
    await second.more(5);
    await first.page.goto(first.page.url().replace('index', 'other'));
    await second.role('leading');
    await second.more(5);
    await first.page.goBack({ waitUntil: 'commit' });
    await first.page.waitForFunction(() => globalThis.wasCached);
    await first.role('following');
    assertWhole((await first.more(10)).fired);
    assertWhole((await second.report()).fired);
    await server.exactly(2);
  });

  test('a tab that hangs while it leads is relieved, and follows when it is back', async (t) => {
    const { url, publish, token } = await reference(t);
    const options = { token, shared: { key: 'ann', leaderTimeout: 1000 } };
    const [first, second] = await tabs(await person(t), 2, url, options);
    await publish(10);
    await first.had(10);
    await first.hang(8000);
    await publish(10);
    await second.role('leading');
    await publish(10);
    await first.role('following');
    await publish(10);
    for (const tab of [first, second]) assertWhole((await tab.had(40)).fired);
  });

  test('it holds while tabs come and go in every way, and events do not stop', async (t) => {
    const { url, publish, token } = await reference(t);
    const options = { token, shared: { key: 'ann', leaderTimeout: 2000 } };
    const one = await person(t);
    const all = await tabs(one, 5, url, options);
    all.push(await one.worker());
    await all[5].connect(url, options);
    await all[5].opened();
    let isOver = false;
    const publishing = (async () => {
      let count = 0;
      for (; !isOver; count += 5) await publish(5);
      return count;
    })();
    await all[0].crash();
    await all[1].role('leading');
    await all[1].closeTab();
    await all[2].role('leading');
    await all[2].page.goto(all[2].page.url().replace('index', 'other'));
    await all[3].role('leading');
    await all[3].crash();
    await all[4].role('leading');
    const late = await one.tab();
    await late.connect(url, options);
    await late.opened();
    await all[4].close();
    await all[5].role('leading');
    isOver = true;
    const last = await publishing;
    for (const tab of [all[5], late]) assertWhole((await tab.had(last)).fired);
    assert.equal((await all[5].report()).fired.find(({ type }) => type === 'tick').data, '1');
  });

  test('a worker that leads and is frozen with its page is relieved', async (t) => {
    const server = await script([ticks]);
    const options = { shared: { leaderTimeout: 1000 } };
    const { tab, worker } = await awayPerson(t);
    const first = await worker();
    await first.connect(server.url, options);
    await first.role('leading');
    const second = await tab();
    await second.connect(server.url, options);
    await second.more(5);
    await first.freeze();
    await second.role('leading');
    assertWhole((await second.more(10)).fired);
    await first.thaw();
    await first.role('following');
    assertWhole((await first.more(10)).fired);
  });

  test('a busy tab that leads keeps the lock: nobody else connects', async (t) => {
    const server = await script([ticks]);
    const [first, second] = await tabs(await person(t), 2, server.url, { shared: { leaderTimeout: 6000 } });
    await second.more(5);
    await first.hang(2500);
    assertWhole((await second.more(20)).fired);
    assert.equal((await first.report()).role, 'leading');
    await server.exactly(1);
  });
});

test('20 tabs over HTTP/1.1: by themselves all but six wait for a connection, together none', async (t) => {
  const [apart, together] = [await script([ticks]), await script([ticks])];
  const { tab } = await person(t);
  const all = [];
  for (let i = 0; i < 20; i++) all.push(await tab());
  for (const one of all) await one.connect(apart.url, {}, 'Plain');
  await apart.exactly(6, 2000);
  const states = await Promise.all(all.map(async (one) => (await one.report()).readyState));
  assert.deepEqual(states.sort(), [...Array(14).fill(0), ...Array(6).fill(1)]);
  for (const one of all) await one.close();
  for (const one of all) await one.connect(together.url, SHARED);
  for (const one of all) assertWhole((await one.more(10)).fired);
  await together.exactly(1);
});

describe('a tab that comes later', { concurrency: 3 }, () => {
  test('with a `lastEventId` that the others have had of late: gets what it lacks from them', async (t) => {
    const server = await script([ticks]);
    const { tab } = await person(t);
    const [first, late] = [await tab(), await tab()];
    await first.connect(server.url, SHARED);
    await first.had(20);
    await late.connect(server.url, { ...SHARED, lastEventId: '5' });
    const { fired } = await late.had(25);
    assertWhole(fired);
    assert.equal(fired.find(({ type }) => type === 'message').data, '6');
    await server.exactly(1);
  });

  test('with one from before their time: has a connection of its own until it has caught up', async (t) => {
    const { url, publish, token } = await reference(t);
    const options = { token, shared: { key: 'ann' } };
    const { tab } = await person(t);
    const [first, second, late] = [await tab(), await tab(), await tab()];
    await first.connect(url, options);
    await first.opened();
    const { lastEventId: start } = await first.until('a place', ({ lastEventId }) => lastEventId !== '');
    await publish(20);
    await first.had(20);
    await first.close();
    await second.connect(url, options);
    await second.opened();
    await publish(5);
    await late.connect(url, { ...options, lastEventId: start });
    await late.had(25);
    await publish(5);
    await late.role('following');
    await publish(5);
    const { fired } = await late.had(35);
    assertWhole(fired);
    assert.equal(fired.find(({ type }) => type === 'tick').data, '1');
    assertWhole((await second.had(35)).fired);
  });
});

describe('each tab for itself', { concurrency: 3 }, () => {
  test('tokens stay where they are: a tab is asked for its own only when it takes over', async (t) => {
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
    assert.deepEqual([(await second.report()).asked, (await third.report()).asked], [1, 0]);
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
    assert.deepEqual(types(await first.report()), ['error', 'close']);
    await second.connect(server.url, { token: 'fresh', shared: { key: 'ann' } });
    await second.more(3);
  });

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
      source.addEventListener('statechange', ({ state }) => {
        if (state.reason === 'takeover') source.close();
      });
    });
    await first.close();
    await second.until('its end', ({ readyState }) => readyState === 2);
    await server.exactly(1);
  });

  test('`reset()` in the tab that leads is of that tab alone', async (t) => {
    const later = { repeat: { n: 600, of: [{ sleep_ms: 100 }, { text: 'data: b\n\n' }] } };
    const server = await script([stream('id: 1\ndata: a\n\n', later)]);
    const [first, second] = await tabs(await person(t), 2, server.url, SHARED);
    await second.until('the first event', ({ lastEventId }) => lastEventId === '1');
    await first.page.evaluate(() => source.reset());
    const { lastEventId } = await second.more(3);
    assert.equal(lastEventId, '1');
    assert.equal((await first.report()).lastEventId, '');
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

describe('what happens to the connection happens to all', { concurrency: 3 }, () => {
  test('a break: an `error` that says what comes next, then `open`; one request for each attempt', async (t) => {
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
      const told = fired
        .filter(({ type }) => type === 'error' || type === 'open')
        .map(({ type, reason, status: code, willRetry, resumed }) => ({ type, reason, code, willRetry, resumed }));
      assert.deepEqual(told, [
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
          ['close', 'status', undefined],
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
      const told = (await tab.had(2)).fired.map(({ type, data }) => (type === 'open' ? type : `${type} ${data}`));
      assert.deepEqual(told.slice(-3), ['open', 'comment hello', 'message 2']);
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
