// jsdom in Jest has neither `fetch` nor streams nor `TextDecoder`.
const { expect, test } = require('@jest/globals');

test.each(['', '/event-source', '/fetch-event-source', '/shared', '/observe', '/parser'])('import of %s', (entry) => {
  expect(() => require(`authenticated-event-source${entry}`)).not.toThrow();
});

test('the constructor names what is missing', () => {
  const { AuthenticatedEventSource } = require('authenticated-event-source');
  expect(() => new AuthenticatedEventSource('/events', 'token')).toThrow(/^`Request` is missing\. .*jest-fixed-jsdom/);
});
