// What only HTTP/2 can do to a stream: the connection lives on, or is told to go away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { page } from './page.mjs';
import { cursors, fixture, PATIENCE } from './support.mjs';

for (const fault of ['cancel', 'internal', 'refused', 'goaway']) {
  test(`HTTP/2: after ${fault} the source is back with the last complete event's ID`, async (t) => {
    // It believes the fault port's own certificate.
    const tab = await page(t, undefined, { ignoreHTTPSErrors: true });
    const path = `/fault/h2/${fault}`;
    const url = `${fixture.faults.replace('http:', 'https:')}${path}`;
    await tab.evaluate((url) => {
      globalThis.source = connect(url, { auth: 'secret' });
    }, url);
    const log = await fetch(`${fixture.faults}${path}/log?ended=3&timeout=${PATIENCE}`);
    const { requests, preflights } = await log.json();
    assert.deepEqual(cursors(requests.slice(0, 3)), [null, '1', '1']);
    assert.ok(requests.every(({ authorization }) => authorization.scheme === 'Bearer'));
    assert.ok(preflights.length > 0, 'the header needs one');
    const { data, errors } = await tab.evaluate(async () => {
      await Promise.all([source.until(3, 'message'), source.until(2, 'error')]);
      source.close();
      const of = (type) => source.fired.filter((event) => event.type === type);
      return { data: of('message').map((event) => event.data), errors: of('error').map((event) => event.willRetry) };
    });
    assert.ok(
      data.every((text) => text === 'tick 1'),
      'half an event is no event',
    );
    assert.ok(errors.every(Boolean), 'a network error is retried');
  });
}
