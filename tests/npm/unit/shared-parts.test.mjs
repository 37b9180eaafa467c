// [NON-SPEC] The entry shared: who has had what, when another tab takes over. Without a browser.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { source } from '../../lib/sources.mjs';

const { ReplayBuffer } = await source('shared/replay-buffer.ts');
const { DuplicateFilter } = await source('shared/duplicate-filter.ts');

const event = (id, data = id) => [id, 'message', data];
const events = (...ids) => ids.map((id) => event(id));

describe('the latest part of a stream', () => {
  const recent = new ReplayBuffer('0');
  for (const id of ['1', '2', '3']) recent.push(event(id));

  test('what came after a place that it knows, its beginning included', () => {
    assert.deepEqual(recent.after('0'), events('1', '2', '3'));
    assert.deepEqual(recent.after('2'), events('3'));
    assert.deepEqual(recent.after('3'), []);
  });

  test('nothing is known of another place, nor of a stream without IDs', () => {
    assert.equal(recent.after('9'), undefined);
    assert.equal(new ReplayBuffer('').after(''), undefined);
  });

  test('its memory is bounded, by count and by size; the last record stays, however large', () => {
    const many = new ReplayBuffer('0');
    for (let i = 1; i <= 5000; i++) many.push(event(String(i)));
    assert.equal(many.after('1'), undefined);
    assert.equal(many.after('4900').length, 100);
    const large = new ReplayBuffer('0');
    for (const id of ['1', '2', '3']) large.push(event(id, 'x'.repeat(2 ** 20)));
    assert.equal(large.after('2'), undefined);
    assert.deepEqual(large.after('3'), []);
  });
});

describe('what a new leader repeats', () => {
  /** What reaches somebody who stood at the last of `had` when a leader went on from `id`. */
  function received(id, had, sent) {
    const filter = new DuplicateFilter(id, had);
    let place = had.at(-1)?.[0] ?? id;
    return sent.flatMap((record) => {
      const news = filter.filter(record, place);
      if (news) [place] = news;
      return news ? [news] : [];
    });
  }

  test('nothing, to whom has had as much as the leader', () => {
    assert.deepEqual(received('5', [], events('6', '7')), events('6', '7'));
  });

  test('what others have had from the one before', () => {
    assert.deepEqual(received('5', events('6', '7'), events('6', '7', '8', '9')), events('8', '9'));
  });

  test('once: an ID that comes back later is news', () => {
    assert.deepEqual(received('5', events('6'), events('6', '7', '6')), events('7', '6'));
  });

  test('not if the server has forgotten it: what comes in its place is news, and all after it', () => {
    assert.deepEqual(received('5', events('6', '7'), events('b1', '6', 'b2')), events('b1', '6', 'b2'));
    assert.deepEqual(received('5', events('6', '7'), events('6', 'b1')), events('b1'));
  });

  test('events without an ID are new, and move no position back', () => {
    assert.deepEqual(received('5', events('6'), [event('5', 'no id'), ...events('6', '7')]), [
      event('6', 'no id'),
      ...events('7'),
    ]);
  });
});
