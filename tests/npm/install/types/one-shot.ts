// Streams that are there already: a response, bytes, the parser alone.
import {
  AuthenticatedEventSource,
  EventStreamDecoderStream,
  EventStreamParser,
  events,
  type StreamEvent,
} from 'authenticated-event-source';
import { same } from './expect.js';

const response = await fetch('/answers', { method: 'POST', body: '{}' });
for await (const event of events(response, { until: '[DONE]', signal: AbortSignal.timeout(1000) })) {
  same<StreamEvent>()(event);
  same<string>()(event.data);
}

const bytes = new ReadableStream<Uint8Array>();
same<ReadableStream<StreamEvent>>()(bytes.pipeThrough(new EventStreamDecoderStream({ maxEventSize: 1024 })));
AuthenticatedEventSource.fromReadableStream<{ message: number }>(bytes, { parse: 'json' }).onmessage = ({ data }) =>
  same<number>()(data);

const parser = new EventStreamParser({ lastEventId: '41' });
same<StreamEvent[]>()(parser.feed('data: text\n\n'));
same<void>()(parser.feed('data: text\n\n', (event) => same<StreamEvent>()(event)));
same<number | undefined>()(parser.reconnectionTime);
parser.end();
// @ts-expect-error: a stream of events is not a stream of bytes.
events(bytes.pipeThrough(new EventStreamDecoderStream()));
