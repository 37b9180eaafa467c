// [NON-SPEC] The entry shared: one connection for all tabs.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cursors, script } from './support.mjs';
import { assertWhole, awayPerson, person, reference, tabs } from './tabs.mjs';

/** Numbered events, gone on with after the cursor. */
const ticks = { steps: [{ count: { text: 'id: {i}\ndata: {i}\n\n', n: 0, from: 1, resume: true, pause_ms: 50 } }] };
const SHARED = { shared: true };

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
