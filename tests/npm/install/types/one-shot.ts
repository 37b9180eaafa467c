// Streams that are there already: a response, bytes, the parser alone.
import {
  AuthenticatedEventSource,
  EventStreamDecoderStream,
  EventStreamParser,
  events,
  type ParsedEvent,
} from 'authenticated-event-source';
import { same } from './expect.js';

const response = fetch('/answers', { method: 'POST', body: '{}' });
for await (const event of events(response, { until: '[DONE]', signal: AbortSignal.timeout(1000) })) {
  same<ParsedEvent>()(event);
  same<string>()(event.data);
  same<string | undefined>()(event.id);
  same<boolean>()(event.hasType);
}

const bytes = new ReadableStream<Uint8Array>();
same<ReadableStream<ParsedEvent>>()(bytes.pipeThrough(new EventStreamDecoderStream({ maxEventSize: 1024 })));
AuthenticatedEventSource.fromReadableStream<{ message: number }>(bytes, { parse: 'json' }).onmessage = ({ data }) =>
  same<number>()(data);

const parser = new EventStreamParser({ lastEventId: '41' });
same<ParsedEvent[]>()(parser.feed('data: text\n\n'));
same<void>()(parser.feed('data: text\n\n', (event) => same<ParsedEvent>()(event)));
same<number | undefined>()(parser.reconnectionTime);
parser.reset({ lastEventId: '1', consume: true });
parser.end();
new EventStreamParser({
  onComment: (comment) => same<string>()(comment),
  onRetry: (milliseconds) => same<number>()(milliseconds),
  onError: ({ type }) => same<'unknown-field' | 'invalid-retry'>()(type),
});
// @ts-expect-error: a stream of events is not a stream of bytes.
events(bytes.pipeThrough(new EventStreamDecoderStream()));
