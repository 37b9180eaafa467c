import { AuthenticatedEventSource } from 'authenticated-event-source';
import { expect, test } from 'vitest';
import scenario from '../scenario.cjs';

const { EXPECTED, readTwoStreams } = scenario;

test('an authenticated stream, a reconnect and a refresh', async () => {
  expect(document.createElement('p')).toBeInstanceOf(HTMLElement);
  expect(await readTwoStreams(AuthenticatedEventSource, process.env.STREAM)).toEqual(EXPECTED);
}, 40_000);
