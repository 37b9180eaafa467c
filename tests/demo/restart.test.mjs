// The server is killed and started again over the log that it left behind.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { atLeast, figure, picture, stage, until } from './stage.mjs';

const folder = await mkdtemp(join(tmpdir(), 'demo-'));
const it = stage('--log', `file:${join(folder, 'events')}`);
after(() => rm(folder, { recursive: true, force: true }));

test('a server that is killed and started again has lost nothing', async () => {
  const { page, complaints } = await it.open();
  await atLeast(page, '#received', 3);
  const { port } = it.server;
  await it.server.kill();
  await until(page, '#state', 'Waiting');
  const received = await figure(page, '#received');
  await it.start(port);
  await atLeast(page, '#received', received + 5);

  for (const count of ['lost', 'twice', 'gaps']) assert.equal(await figure(page, `#${count}`), 0, count);
  const attempt = await page.locator('#timeline .detail', { hasText: 'Last-Event-ID: ' }).first().textContent();
  const open = await page.locator('#timeline .detail', { hasText: 'continues after' }).first().textContent();
  assert.equal(open, attempt.replace('Last-Event-ID: ', 'The server continues after '));
  assert.deepEqual(complaints, []);
  await picture(page, 'restart', '#faults');
  await page.close();
});
