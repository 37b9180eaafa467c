// Tasks: one that succeeds, one that fails, and a server that refuses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { picture, stage, until } from './stage.mjs';

const it = stage('--task-step', '0.1');

test('follows tasks to their good or bad end', async () => {
  const { page, complaints } = await it.open();
  await page.click('#start-task');
  await until(page, '#tasks li', '%');
  assert.ok(await page.locator('#start-task').isDisabled(), 'one at a time');
  await until(page, '#tasks li', 'Task completed!');
  await page.check('#task-fails');
  await page.click('#start-task');
  await until(page, '#tasks li', 'The task was asked to fail');
  assert.equal(await page.locator('#tasks li:nth-child(2) progress').getAttribute('value'), '100');
  assert.equal(await page.locator('#tasks li:nth-child(1) progress').getAttribute('value'), '50');
  assert.deepEqual(complaints, []);
  await picture(page, 'progress', '#progress');
  await page.close();
});

test('says so when the task cannot be started', async () => {
  const { page } = await it.open();
  await page.route('**/api/tasks', (route) => route.fulfill({ status: 503 }));
  await page.click('#start-task');
  await until(page, '#tasks li', '/api/tasks answered 503');
  assert.ok(await page.locator('#start-task').isEnabled(), 'it can be tried again');
  await page.close();
});
