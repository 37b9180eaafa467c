import { describe, test, vi } from 'vitest';
import { scenarios } from './scenarios.cjs';

const { AuthenticatedEventSource } = await import(/* @vite-ignore */ process.env.PACKAGE_FILE);

const TIMERS = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'];
const all = scenarios(
  {
    AuthenticatedEventSource,
    install: (fakesDate) => vi.useFakeTimers(fakesDate ? {} : { toFake: TIMERS }),
    advance: (milliseconds) => vi.advanceTimersByTimeAsync(milliseconds),
    restore: () => vi.useRealTimers(),
  },
  JSON.parse(process.env.SCRIPTS),
);

describe.each([
  ['with Date', true],
  ['without Date', false],
])('fake timers %s', (_, fakesDate) => {
  test.each(Object.entries(all))('%s', (_, run) => run(fakesDate), 30_000);
});
