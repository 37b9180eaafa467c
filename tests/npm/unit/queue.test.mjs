// What a loop has not taken yet. Without a server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { source } from '../../lib/sources.mjs';

const { EventQueue } = await source('event-queue.ts');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

test('a loop that is always a little behind gets all in order, and keeps nothing that it has had', async () => {
  const queue = new EventQueue();
  const had = [];
  queue.push({ data: 0 });
  for (let number = 0; number < 5000; number += 1) {
    queue.push({ data: number + 1 });
    const { value } = await queue.next();
    assert.equal(value.data, number);
    had.push(new WeakRef(value));
  }
  assert.ok(queue.isFull);
  // A WeakRef holds on until its task is over.
  await sleep(0);
  collectGarbage();
  const kept = had.filter((event) => event.deref()).length;
  assert.ok(kept <= 1024, `${kept} of 5000 are kept`);
  assert.equal((await queue.next()).value.data, 5000);
  assert.equal(queue.isFull, false);
});
