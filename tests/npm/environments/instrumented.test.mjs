// `fetch` that OpenTelemetry or Sentry observes or wraps.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXPECTED, FOLDER, run, server } from './support.mjs';

for (const [name, file] of [
  ['OpenTelemetry in Node', 'opentelemetry-undici'],
  ['OpenTelemetry in a page', 'opentelemetry-fetch'],
  ['Sentry in Node', 'sentry-node'],
  ['Sentry in a page', 'sentry-browser'],
]) {
  test(`${name}: an authenticated stream, a reconnect and a refresh`, async () => {
    const { url, proved } = await server();
    const text = await run(process.execPath, [join(FOLDER, `instrumented/${file}.mjs`)], { STREAM: url });
    assert.deepEqual(JSON.parse(text.trim().split('\n').at(-1)), { ...EXPECTED, hasSpans: true });
    await proved();
  });
}
