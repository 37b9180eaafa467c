// Live figures, charts that are really drawn, notifications.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atLeast, figure, PATIENCE, picture, stage } from './stage.mjs';

const it = stage();

test('shows the figures, draws the charts, lists notifications', async () => {
  const { page, complaints } = await it.open();
  await atLeast(page, '#memory', 1);
  assert.ok((await figure(page, '#cpu')) >= 0, 'percent');
  // We are one of the users.
  await atLeast(page, '#users', 1);
  await atLeast(page, '#received', 10);
  for (const chart of ['cpu', 'memory', 'users']) assert.ok(await isDrawn(page, `#${chart}-chart`), chart);

  await page.locator('#notifications li').first().waitFor(PATIENCE);
  assert.match(await page.locator('#notifications li').first().textContent(), /(1 stream is|\d+ streams are) open/);
  assert.equal(await page.locator('#no-notifications').isVisible(), false);
  assert.deepEqual(complaints, []);
  await picture(page, 'dashboard', '#dashboard');
  await page.close();
});

/** Whether the canvas has ink in the colour of the chart's line. */
function isDrawn(page, selector) {
  return page.evaluate((selector) => {
    const canvas = document.querySelector(`${selector} canvas`);
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const [red, green, blue] = getComputedStyle(document.querySelector(selector))
      .outlineColor.match(/\d+/g)
      .map(Number);
    const isLine = (at) => data[at] === red && data[at + 1] === green && data[at + 2] === blue && data[at + 3] === 255;
    return Array.from({ length: data.length / 4 }, (_, pixel) => 4 * pixel).some(isLine);
  }, selector);
}
