// The page for everybody: both themes, every width, keyboard, screen reader, reduced motion.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { atLeast, picture, stage, until } from './stage.mjs';

const it = stage('--task-step', '0.1');
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** 320 px is a window of 1280 px at a zoom of 400 %. */
const WIDTHS = [320, 360, 768, 1440, 3840];

/** Something happens in every section, so that what it shows is looked at too. */
async function stir(page) {
  await page.click('[data-kind=cut]');
  await page.click('#start-task');
  await page.click('#parse');
  await atLeast(page, '#reconnects', 1);
  await until(page, '#tasks', 'Task completed!');
  await until(page, '#auth-state', 'Open');
}

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing serious in the ${colorScheme} theme, and nothing is wider than the window`, async () => {
    const { page, complaints } = await it.open({ colorScheme });
    await stir(page);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width < 768 ? 800 : 900 });
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(beyond <= 0, `${beyond} px too wide at ${width}`);
      assert.deepEqual(await cutOff(page), [], `cut off at ${width}`);
      await makeRoom(page, width);
      await picture(page, `page-${colorScheme}-${width}`);
    }
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await seriousFindings(page), [], `at ${width} px`);
    }
    assert.deepEqual(complaints, []);
    await page.close();
  });
}

/** The boxes whose text is wider than they are. */
function cutOff(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('main *')]
      .filter((element) => !element.matches('select, .ruler, .aside') && element.scrollWidth > element.clientWidth + 1)
      .filter((element) => element.clientWidth > 0 && getComputedStyle(element).display !== 'inline')
      .map((element) => `${element.id || element.className || element.tagName}: ${element.scrollWidth} px`),
  );
}

/** A window as high as the page, drawn: what is painted only while the picture is taken may be missing. */
async function makeRoom(page, width) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height });
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

async function seriousFindings(page) {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}

test('the theme can be chosen, and is kept', async () => {
  const { page } = await it.open({ colorScheme: 'light' });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.selectOption('#theme', 'dark');
  const dark = await background();
  assert.notEqual(dark, light);
  await page.reload();
  await until(page, '#state', 'Open');
  assert.equal(await background(), dark);
  await page.close();
});

test('the keyboard reaches every control, and breaks the stream', async () => {
  const { page } = await it.open();
  const reached = new Set();
  for (let press = 0; press < 40; press += 1) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => document.activeElement.id || document.activeElement.dataset.kind || ''));
  }
  const expected = [
    'theme',
    'cut',
    'stall',
    'login-page',
    'user',
    'burst',
    'log-lines',
    'start-race',
    'start-task',
    'listen',
    'parse',
  ];
  for (const control of expected) assert.ok(reached.has(control), `${control} can be reached`);
  await page.locator('[data-kind=cut]').focus();
  await page.keyboard.press('Enter');
  await atLeast(page, '#reconnects', 1);
  await page.close();
});

test('nothing moves by itself for those who ask for less motion', async () => {
  const { page } = await it.open({ reducedMotion: 'reduce' });
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  await page.close();
});
