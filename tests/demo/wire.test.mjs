// Bytes beside events: by hand, in every cut, and live.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atLeast, figure, picture, stage, until } from './stage.mjs';

const it = stage();

async function parse(page, cut) {
  await page.fill('#cut', String(cut));
  await page.click('#parse');
  const cells = await page.evaluate(() =>
    Array.from(document.querySelectorAll('#wire-rows td:nth-child(2)'), (cell) => cell.textContent),
  );
  return cells.flatMap((cell) => (cell ? cell.split('\n') : []));
}

test('shows the same events however the bytes are cut', async () => {
  const { page, complaints } = await it.open();
  const names = await page.locator('#sample option').allTextContents();
  for (const name of names) {
    await page.selectOption('#sample', name);
    const whole = await parse(page, 4096);
    assert.ok(whole.length > 0, `${name} has events`);
    for (const cut of [1, 7]) assert.deepEqual(await parse(page, cut), whole, `${name}, cut every ${cut} bytes`);
  }
  await page.fill('#bytes', 'event: x\\rdata: caf\\xc3\\xa9\\r\\r');
  assert.deepEqual(await parse(page, 3), ['x "café"']);
  await page.selectOption('#sample', 'All three line ends');
  await parse(page, 16);
  await picture(page, 'wire-by-hand', '#wire');
  assert.deepEqual(complaints, []);
  await page.close();
});

test("shows the bytes of the page's stream without a click, and stops", async () => {
  const { page } = await it.open();
  await until(page, '#wire-rows', 'event: metrics');
  await until(page, '#wire-rows', 'metrics {');
  await picture(page, 'wire', '#wire');
  await page.click('#listen');
  assert.equal(await page.locator('#listen').getAttribute('aria-pressed'), 'false');
  const rows = await page.locator('#wire-rows tr').count();
  await atLeast(page, '#received', (await figure(page, '#received')) + 3);
  assert.equal(await page.locator('#wire-rows tr').count(), rows, 'nothing is added');
  await page.click('#listen');
  await until(page, '#wire-rows', 'metrics {');
  await page.close();
});
