// Prints the result of the scenario while Sentry instruments Node.
import * as Sentry from '@sentry/node';

let spans = 0;
Sentry.init({
  dsn: 'https://key@sentry.example/1',
  tracesSampleRate: 1,
  transport: () => ({ send: async () => ({}), flush: async () => true }),
});
Sentry.getClient().on('spanEnd', () => {
  spans += 1;
});
const { AuthenticatedEventSource } = await import('authenticated-event-source');
const { default: scenario } = await import('../scenario.cjs');
const result = await Sentry.startSpan({ name: 'page' }, () =>
  scenario.readTwoStreams(AuthenticatedEventSource, process.env.STREAM),
);
console.log(JSON.stringify({ ...result, hasSpans: spans > 1 }));
process.exit();
