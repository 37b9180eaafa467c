const { describe, jest, test } = require('@jest/globals');
const { scenarios } = require('./scenarios.cjs');
const { AuthenticatedEventSource } = require(process.env.PACKAGE_FILE);

const all = scenarios(
  {
    AuthenticatedEventSource,
    install: (fakesDate) => jest.useFakeTimers(fakesDate ? {} : { doNotFake: ['Date', 'performance'] }),
    advance: (milliseconds) => jest.advanceTimersByTimeAsync(milliseconds),
    restore: () => jest.useRealTimers(),
  },
  JSON.parse(process.env.SCRIPTS),
);

describe.each([
  ['with Date', true],
  ['without Date', false],
])('fake timers %s', (_, fakesDate) => {
  test.each(Object.entries(all))('%s', (_, run) => run(fakesDate), 30_000);
});
