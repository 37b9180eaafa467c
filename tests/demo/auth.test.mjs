// Tokens that expire and are revoked, in the header, in a cookie and in the query.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atLeast, figure, picture, stage, until } from './stage.mjs';

const it = stage();
const state = '#auth-state';

async function logIn(page, { way = 'header', ttl = '900', renews = true } = {}) {
  await page.check(`[name=place][value=${way}]`);
  await page.selectOption('#ttl', ttl);
  await page.setChecked('#renew', renews);
  await page.click('#login button[type=submit]');
  await until(page, state, 'Open');
  await atLeast(page, '#auth-received', 2);
}

async function assertExact(page) {
  assert.equal(await figure(page, '#auth-lost'), 0, 'lost');
  assert.equal(await figure(page, '#auth-twice'), 0, 'received twice');
}

test('a token in the header is renewed before it expires, and again when it is revoked', async () => {
  const { page, complaints } = await it.open();
  await logIn(page, { ttl: '8' });
  await until(page, '#auth-timeline', 'the token is about to expire');
  await until(page, '#auth-timeline', 'Open again');
  await atLeast(page, '#tokens', 2);
  assert.equal(await page.locator('#auth-timeline .warn, #auth-timeline .bad').count(), 0, 'no failure');
  await picture(page, 'auth', '#auth');

  const received = await figure(page, '#auth-received');
  await page.click('#revoke');
  await until(page, '#auth-timeline', 'again, with a new token');
  await atLeast(page, '#auth-received', received + 5);
  await until(page, state, 'Open');
  await assertExact(page);
  assert.deepEqual(complaints, []);
  await page.close();
});

for (const way of ['cookie', 'query']) {
  test(`a revoked token in the ${way} is replaced`, async () => {
    const { page } = await it.open();
    await logIn(page, { way });
    await atLeast(page, '#tokens', 1);
    const received = await figure(page, '#auth-received');
    await page.click('#revoke');
    await atLeast(page, '#tokens', 2);
    await atLeast(page, '#auth-received', received + 5);
    await until(page, state, 'Open');
    await assertExact(page);
    await page.close();
  });
}

for (const way of ['header', 'cookie', 'query']) {
  test(`a revoked token in the ${way} that is not replaced ends the stream`, async () => {
    const { page } = await it.open();
    await logIn(page, { way, renews: false });
    await page.click('#revoke');
    await until(page, state, 'Closed');
    await until(page, '#auth-timeline .bad', '401');
    assert.ok(await page.locator('#revoke').isDisabled());
    await page.close();
  });
}
