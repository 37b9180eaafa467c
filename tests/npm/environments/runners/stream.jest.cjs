const { expect, test } = require('@jest/globals');
const { AuthenticatedEventSource } = require('authenticated-event-source');
const { EXPECTED, readTwoStreams } = require('../scenario.cjs');

test('an authenticated stream, a reconnect and a refresh', async () => {
  expect(await readTwoStreams(AuthenticatedEventSource, process.env.STREAM)).toEqual(EXPECTED);
}, 40_000);
