// Both lanes get every event. Who is faster is for the benchmarks to say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { picture, stage, until } from './stage.mjs';

const it = stage();
/** A race is as long as the machine is busy: a hundred seconds are a bound, not a wish. */
const LONG = { timeout: 100_000 };

test('both lanes reach the end with all events', async () => {
  const { page, complaints } = await it.open();
  await page.click('#start-race');
  await until(page, '#race-verdict', 'against', LONG);
  for (const lane of ['ours', 'native']) {
    assert.match(await page.locator(`#lane-${lane} .result`).textContent(), /^200,000 events/);
  }
  assert.ok(await page.locator('#start-race').isEnabled());
  assert.deepEqual(complaints, []);
  await picture(page, 'race', '#race');
  await page.setViewportSize({ width: 360, height: 800 });
  const right = await page.evaluate(() =>
    Math.max(...[...document.querySelectorAll('#race *')].map((element) => element.getBoundingClientRect().right)),
  );
  assert.ok(right <= 360, `the result reaches to ${right} of 360 px`);
  await picture(page, 'race-360', '#race');
  await page.close();
});

test('says so when the server dies in the middle', async () => {
  const { page } = await it.open();
  await page.selectOption('#race-length', '1000000');
  await page.click('#start-race');
  await it.server.kill();
  await until(page, '#race-verdict', 'No race', LONG);
  assert.ok(await page.locator('#start-race').isEnabled());
  await page.close();
});
