// The page's stream is broken in every way that the page offers, and by the death of the server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atLeast, figure, picture, stage, until } from './stage.mjs';

const it = stage();

/** The detail of the newest entry of the timeline whose title contains `part`. */
async function detailOf(page, part) {
  const entry = page.locator('#timeline li', { has: page.locator('.what', { hasText: part }) }).first();
  return entry.locator('.detail').textContent();
}

async function assertExact(page) {
  assert.equal(await figure(page, '#lost'), 0, 'lost');
  assert.equal(await figure(page, '#twice'), 0, 'received twice');
}

/** Presses the button and waits until the stream has come back and brought something. */
async function breakAndRecover(page, kind) {
  const [reconnects, received] = [await figure(page, '#reconnects'), await figure(page, '#received')];
  await page.click(`[data-kind=${kind}]`);
  await atLeast(page, '#reconnects', reconnects + 1);
  await atLeast(page, '#received', received + 4);
  await until(page, '#state', 'Open');
  await assertExact(page);
}

async function assertResumed(page) {
  const sent = (await detailOf(page, 'Attempt')).replace('Last-Event-ID: ', '');
  assert.match(sent, /^\d+-\d+$/, 'a cursor was sent');
  assert.equal(await detailOf(page, 'Open again'), `The server continues after ${sent}`);
}

test('counts what the ids say', async () => {
  const { page, complaints } = await it.open();
  const read = () =>
    page.evaluate(() => ['#received', '#last-event-id'].map((id) => document.querySelector(id).textContent));
  await atLeast(page, '#received', 3);
  const [before, first] = await read();
  await atLeast(page, '#received', Number(before) + 5);
  const [after, last] = await read();
  const steps = Number(last.split('-')[1]) - Number(first.split('-')[1]);
  assert.equal(Number(after) - Number(before), steps);
  assert.deepEqual(complaints, []);
  await page.close();
});

test('a killed connection, a 503, silence and a 401 lose and repeat nothing', async () => {
  const { page, complaints } = await it.open();
  await atLeast(page, '#received', 3);

  await breakAndRecover(page, 'cut');
  await assertResumed(page);

  await breakAndRecover(page, 'unavailable');
  await assertResumed(page);
  const wait = Number.parseFloat((await detailOf(page, '503')).match(/Next attempt in ([\d.]+) s/)[1]);
  assert.ok(wait >= 5, `Retry-After is a floor, waited ${wait} s`);

  await breakAndRecover(page, 'stall');
  await assertResumed(page);

  await breakAndRecover(page, 'unauthorized');
  await assertResumed(page);
  assert.match(await page.locator('#timeline').textContent(), /again, with a new token/);

  assert.deepEqual(complaints, []);
  await picture(page, 'faults', '#faults');
  await page.close();
});

test('a login page instead of a stream stops it, and connecting again loses nothing', async () => {
  const { page } = await it.open();
  await atLeast(page, '#received', 3);
  await page.click('[data-kind=login-page]');
  await until(page, '#state', 'Closed');
  assert.match(await page.locator('#timeline .bad .what').first().textContent(), /text\/html/);
  await picture(page, 'faults-closed', '#faults');

  const received = await figure(page, '#received');
  await page.click('#connect-again');
  await atLeast(page, '#received', received + 3);
  await until(page, '#state', 'Open');
  await assertExact(page);
  assert.equal(await page.locator('#connect-again').isVisible(), false);
  await page.close();
});

test('a server that dies and comes back without its memory announces the gap', async () => {
  const { page } = await it.open();
  await atLeast(page, '#received', 3);
  const { port } = it.server;
  await it.server.kill();
  await until(page, '#state', 'Waiting');
  await it.start(port);
  const received = await figure(page, '#received');
  await atLeast(page, '#received', received + 3);
  await until(page, '#timeline', 'announces a gap: epoch');
  assert.equal(await figure(page, '#gaps'), 1);
  await assertExact(page);
  await picture(page, 'faults-gap', '#faults');
  await page.close();
});
