// The log viewer under a burst: it follows, holds still for a reader, and follows again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atLeast, figure, picture, stage, until } from './stage.mjs';

const it = stage();
const rows = (page) => page.locator('.log-rows li').allTextContents();

test('keeps the last 1,000 lines, and holds still while somebody reads', async () => {
  const { page, complaints } = await it.open();
  await page.click('#burst');
  await until(page, '.log-rows', 'line 25000 of');
  assert.equal(await page.locator('#log-mode').textContent(), 'Following');
  const kept = await page.evaluate(() => {
    const row = document.querySelector('.log-rows li').getBoundingClientRect().height;
    return Math.round(document.querySelector('.log-room').getBoundingClientRect().height / row);
  });
  assert.equal(kept, 1000);
  await picture(page, 'logs', '#logs');

  await page.locator('#log-lines').hover();
  await page.mouse.wheel(0, -600);
  await until(page, '#log-mode', 'Holding still');
  // The picture is taken after the wheel has come to rest.
  await picture(page, 'logs-still', '#logs');
  const before = await rows(page);
  const lines = await figure(page, '#line-count');
  await page.click('#burst');
  await atLeast(page, '#line-count', lines + 2000);
  assert.deepEqual(await rows(page), before, 'nothing moves under the reader');

  await page.click('#follow-log');
  assert.equal(await page.locator('#log-mode').textContent(), 'Following');
  await until(page, '.log-rows', 'line 25000 of');
  assert.deepEqual(complaints, []);
  await page.close();
});

test('scrolling back to the end follows again', async () => {
  const { page } = await it.open();
  await page.click('#burst');
  // In the middle of the burst: whoever looks back must not be dragged to the end again.
  await atLeast(page, '#line-count', 100);
  await page.locator('#log-lines').focus();
  await page.keyboard.press('PageUp');
  await until(page, '#log-mode', 'Holding still');
  await page.keyboard.press('End');
  await until(page, '#log-mode', 'Following');
  await page.close();
});

/** Milliseconds that the main thread has computed: what else the machine does is not in them. */
async function computed(devtools) {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
}

/** The milliseconds between frames, for three seconds, in order of size. */
function framesOf(page) {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        const times = [];
        requestAnimationFrame(function next(now) {
          times.push(now);
          if (now - times[0] < 3000) requestAnimationFrame(next);
          else
            resolve(
              times
                .slice(1)
                .map((time, index) => time - times[index])
                .sort((a, b) => a - b),
            );
        });
      }),
  );
}

test('5,000 lines a second leave a good part of each frame free', async (t) => {
  const { page } = await it.open();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.click('#burst');
  await atLeast(page, '#line-count', 1000);
  const before = await computed(devtools);
  const gaps = await framesOf(page);
  const each = (((await computed(devtools)) - before) / 3000) * (1000 / 60);
  const middle = gaps[Math.floor(gaps.length / 2)];
  t.diagnostic(
    `${(gaps.length / 3).toFixed(1)} frames/s, half of them within ${middle.toFixed(1)} ms, ${each.toFixed(1)} ms of work each`,
  );
  assert.ok(each < 10, `${each} of 16.7 ms`);
  await page.close();
});
