// Prints the result of the scenario while OpenTelemetry wraps the `fetch` of a page in jsdom, and the spans.
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('', { url: process.env.STREAM, pretendToBeVisual: true });
Object.assign(globalThis, { window: globalThis, document: window.document, location: window.location });
globalThis.XMLHttpRequest = window.XMLHttpRequest;
globalThis.HTMLAnchorElement = window.HTMLAnchorElement;
globalThis.PerformanceObserver ??= class {};
const { FetchInstrumentation } = await import('@opentelemetry/instrumentation-fetch');
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = await import(
  '@opentelemetry/sdk-trace-base'
);
const { AuthenticatedEventSource } = await import('authenticated-event-source');
const { default: scenario } = await import('../scenario.cjs');

const exporter = new InMemorySpanExporter();
const { fetch } = globalThis;
const instrumentation = new FetchInstrumentation({ clearTimingResources: false });
instrumentation.setTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
instrumentation.enable();
if (globalThis.fetch === fetch) throw new Error('OpenTelemetry did not wrap fetch');
const result = await scenario.readTwoStreams(AuthenticatedEventSource, process.env.STREAM);
await new Promise((resolve) => setTimeout(resolve, 500));
console.log(JSON.stringify({ ...result, hasSpans: exporter.getFinishedSpans().length > 0 }));
process.exit();
