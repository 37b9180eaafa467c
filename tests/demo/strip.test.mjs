// The first screen: a dot for each event, the browser's own class beside ours, and a fault that plays by itself.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { atLeast, figure, PATIENCE, picture, stage, until } from './stage.mjs';

const it = stage();
const FIRST_SCREEN = { viewport: { width: 1280, height: 800 } };
const DOCS = fileURLToPath(new URL('../../docs/images', import.meta.url));

/** How many dots of a lane have this look. */
const dots = (page, lane, look) => page.locator(`#strip-${lane} .${look}`).count();

async function untilDots(page, lane, look, least) {
  const enough = ([selector, least]) => document.querySelectorAll(selector).length >= least;
  await page.waitForFunction(enough, [`#strip-${lane} .${look}`, least], PATIENCE);
}

test('the first screen moves without a click', async () => {
  const { page, complaints } = await it.open(FIRST_SCREEN);
  await untilDots(page, 'ours', 'received', 3);
  await untilDots(page, 'native', 'received', 3);
  const newest = () => page.locator('#strip-ours span').first().textContent();
  const before = await newest();
  await page.waitForFunction(
    (before) => document.querySelector('#strip-ours span').textContent !== before,
    before,
    PATIENCE,
  );
  for (const selector of ['#strip-ours', '#strip-native', '[data-kind=login-page]', '#timeline']) {
    const { y, height } = await page.locator(selector).boundingBox();
    const bottom = selector === '#timeline' ? y + 1 : y + height;
    assert.ok(bottom <= 800, `${selector} ends at ${bottom} px`);
  }
  assert.deepEqual(complaints, []);
  await page.close();
});

test('dots show the last digits of the ids', async () => {
  const { page } = await it.open(FIRST_SCREEN);
  await untilDots(page, 'ours', 'received', 3);
  const [id, shown, dot] = await page.evaluate(
    () =>
      new Promise((resolve) => {
        // The dots are drawn a moment after the event, so a moment is sought in which both agree.
        const timer = setInterval(() => {
          const figure = document.querySelector('#last-event-id');
          const dot = document.querySelector('#strip-ours span').textContent;
          if (!figure.title.endsWith(dot)) return;
          clearInterval(timer);
          resolve([figure.title, figure.textContent, dot]);
        }, 20);
      }),
  );
  assert.match(id, /^\d+-\d+$/);
  assert.ok(shown.startsWith('…') && id.endsWith(shown.slice(1)), `${shown} of ${id}`);
  assert.equal(Number(dot), Number(id.split('-')[1]) % 100);
  await page.close();
});

test("a fault leaves a hole in both lanes; ours is filled, and the browser's class is closed", async () => {
  const { page, complaints } = await it.open(FIRST_SCREEN);
  // The page has to know the pace of the events before it can miss one.
  await untilDots(page, 'ours', 'received', 12);
  await page.click('[data-kind=unavailable]');
  await untilDots(page, 'ours', 'missing', 3);
  await until(page, '#native-state', 'Closed for good');
  await untilDots(page, 'native', 'lost', 3);

  await untilDots(page, 'ours', 'late', 3);
  await until(page, '#state', 'Open');
  assert.equal(await dots(page, 'ours', 'lost'), 0);
  assert.equal(await figure(page, '#lost'), 0);
  assert.match(await page.locator('#strip-ours').getAttribute('aria-label'), /received after a reconnect/);
  assert.ok((await dots(page, 'native', 'lost')) > 3, "what the browser's class missed stays lost");

  const received = await figure(page, '#received');
  await page.click('#native-again');
  await until(page, '#native-state', 'Open');
  await atLeast(page, '#received', received + 5);
  assert.ok((await dots(page, 'native', 'lost')) > 0 || (await dots(page, 'native', 'received')) > 0);
  assert.deepEqual(complaints, []);
  await page.close();
});

test('silence leaves a hole too, until the stream is seen to be dead', async () => {
  const { page } = await it.open(FIRST_SCREEN);
  // The page has to know the pace of the events before it can miss one.
  await untilDots(page, 'ours', 'received', 12);
  await page.click('[data-kind=stall]');
  await untilDots(page, 'ours', 'missing', 4);
  await untilDots(page, 'ours', 'late', 4);
  assert.equal(await dots(page, 'ours', 'lost'), 0);
  await page.close();
});

for (const colorScheme of ['light', 'dark']) {
  test(`a fault plays by itself, once, in the ${colorScheme} theme`, async () => {
    const { page } = await it.open({ ...FIRST_SCREEN, reducedMotion: 'no-preference', colorScheme });
    await until(page, '#timeline', 'The page shows a restart of the server');
    await untilDots(page, 'ours', 'late', 3);
    await picture(page, `recovery-${colorScheme}`, undefined, { fullPage: false });
    if (process.env.WRITE_DOCS) await page.screenshot({ path: join(DOCS, `recovery-${colorScheme}.png`) });
    const received = await figure(page, '#received');
    await atLeast(page, '#received', received + 20);
    const shown = await page.locator('#timeline .what', { hasText: 'The page shows' }).count();
    assert.equal(shown, 1);
    assert.equal(await figure(page, '#lost'), 0);
    await page.close();
  });
}

test('no fault plays for those who ask for less motion, nor after a press', async () => {
  const still = await it.open(FIRST_SCREEN);
  const busy = await it.open({ ...FIRST_SCREEN, reducedMotion: 'no-preference' });
  await busy.page.click('[data-kind=cut]');
  // Five events a second: after forty the fault would have played.
  for (const { page } of [still, busy]) {
    await atLeast(page, '#received', 40);
    assert.doesNotMatch(await page.locator('#timeline').textContent(), /The page shows/);
    await page.close();
  }
});

test('the command and the code can be copied', async () => {
  const { page } = await it.open(FIRST_SCREEN);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  for (const [id, part] of [
    ['install-command', 'npm install authenticated-event-source'],
    ['use-code', 'source.onerror'],
  ]) {
    await page.click(`[data-copies=${id}]`);
    await until(page, '#copied', 'Copied');
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(copied.includes(part), copied);
    assert.equal(copied.trim(), (await page.locator(`#${id}`).textContent()).trim());
  }
  await page.close();
});

test('without a clipboard the code is selected', async () => {
  const { page } = await it.open(FIRST_SCREEN);
  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await page.click('[data-copies=use-code]');
  await until(page, '#copied', 'Selected');
  assert.match(await page.evaluate(() => String(getSelection())), /new AuthenticatedEventSource/);
  await page.close();
});

test('empty areas say what will appear, and every message begins with a capital letter', async () => {
  const { page } = await it.open(FIRST_SCREEN);
  for (const [selector, part] of [
    ['#progress .empty', 'Each task appears here'],
    ['#race-verdict', 'The result appears here'],
  ]) {
    assert.ok((await page.locator(selector).textContent()).includes(part), selector);
    assert.ok(await page.locator(selector).isVisible(), selector);
  }
  await page.click('[data-kind=login-page]');
  await until(page, '#state', 'Closed');
  await until(page, '#auth-state', 'Open');
  const texts = await page.evaluate(() =>
    Array.from(
      document.querySelectorAll('.what, .detail, .badge, .result, .empty, label, legend, button, .quiet, dt'),
      (element) => element.textContent.trim(),
    ),
  );
  const small = texts.filter((text) => /^[a-z]/.test(text));
  assert.deepEqual(small, []);
  await page.close();
});
