// The entry `./parser`: the same types as in the default entry.
import {
  EventStreamDecoderStream,
  EventStreamParser,
  events,
  type ParsedEvent,
  type StandardSchema,
} from 'authenticated-event-source/parser';
import { same } from './expect.js';

for await (const event of events(fetch('/answers'))) same<ParsedEvent>()(event);
for await (const event of events(fetch('/answers'), { until: ({ data }) => data === '[DONE]' }))
  same<string>()(event.data);
const { feed } = new EventStreamParser();
same<ParsedEvent[]>()(feed('data: text\n\n'));
const texts = new ReadableStream<string>();
same<ReadableStream<ParsedEvent>>()(texts.pipeThrough(new EventStreamDecoderStream()));

// `parse` determines the type of the data.
for await (const event of events(fetch('/answers'), { parse: (data) => data.length })) same<number>()(event.data);
for await (const { data } of events(fetch('/answers'), { parse: 'json' })) same<any>()(data);
declare const schema: StandardSchema<{ delta: string }>;
for await (const { data } of events(fetch('/answers'), { parse: schema })) same<string>()(data.delta);
