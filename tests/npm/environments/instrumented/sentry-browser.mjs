// Prints the result of the scenario while Sentry wraps the `fetch` of a page in jsdom.
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('', { url: process.env.STREAM, pretendToBeVisual: true });
const page = { window: globalThis, document: window.document, location: window.location, history: window.history };
for (const [name, value] of Object.entries(page)) globalThis[name] = value;
for (const name of ['addEventListener', 'removeEventListener']) globalThis[name] = window[name].bind(window);
const { fetch } = globalThis;
const Sentry = await import('@sentry/browser');
let spans = 0;
Sentry.init({
  dsn: 'https://key@sentry.example/1',
  tracesSampleRate: 1,
  defaultIntegrations: false,
  integrations: [
    Sentry.breadcrumbsIntegration(),
    Sentry.browserTracingIntegration({ trackFetchStreamPerformance: true, instrumentPageLoad: false }),
    Sentry.fetchStreamPerformanceIntegration?.(),
  ].filter(Boolean),
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
if (globalThis.fetch === fetch) throw new Error('Sentry did not wrap fetch');
console.log(JSON.stringify({ ...result, hasSpans: spans > 1 }));
process.exit();
