// Prints the result of the scenario while OpenTelemetry observes undici, and the spans of the requests.
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { AuthenticatedEventSource } from 'authenticated-event-source';
import scenario from '../scenario.cjs';

const exporter = new InMemorySpanExporter();
const instrumentation = new UndiciInstrumentation();
instrumentation.setTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
instrumentation.enable();
const result = await scenario.readTwoStreams(AuthenticatedEventSource, process.env.STREAM);
console.log(JSON.stringify({ ...result, hasSpans: exporter.getFinishedSpans().length > 0 }));
process.exit();
