// Each parser reads the chunks of a whole stream and returns the number of events and of the
// characters in their data, which must agree. None shares a function with another: shared functions
// would share what the engine learns about types, and falsify each other.
import { getLines, getMessages } from '@microsoft/fetch-event-source/lib/esm/parse.js';
import { EventStreamParser } from 'authenticated-event-source';
import { createParser } from 'eventsource-parser';
import { events as fetchEventStreamEvents } from 'fetch-event-stream';
import { FLOOR, OURS } from './names.mjs';

function ours(chunks) {
  const parser = new EventStreamParser();
  let events = 0;
  let characters = 0;
  const onEvent = ({ data }) => {
    events++;
    characters += data.length;
  };
  for (const chunk of chunks) parser.feed(chunk, onEvent);
  parser.end();
  return { events, characters };
}

function eventsourceParser(chunks) {
  let events = 0;
  let characters = 0;
  const parser = createParser({
    onEvent({ data }) {
      events++;
      characters += data.length;
    },
  });
  const decoder = new TextDecoder();
  for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
  return { events, characters };
}

function fetchEventSource(chunks) {
  let events = 0;
  let characters = 0;
  const onMessage = ({ data }) => {
    events++;
    characters += data.length;
  };
  const feed = getLines(
    getMessages(
      () => {},
      () => {},
      onMessage,
    ),
  );
  for (const chunk of chunks) feed(chunk);
  return { events, characters };
}

async function fetchEventStream(chunks) {
  let events = 0;
  let characters = 0;
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  for await (const { data } of fetchEventStreamEvents(new Response(body))) {
    events++;
    characters += data.length;
  }
  return { events, characters };
}

/** What most people write by hand: split at blank lines. Knows LF alone, and no BOM. */
function splitting(chunks) {
  const decoder = new TextDecoder();
  let events = 0;
  let characters = 0;
  let buffer = '';
  for (const chunk of chunks) {
    buffer += decoder.decode(chunk, { stream: true });
    const blocks = buffer.split('\n\n');
    buffer = blocks.pop();
    for (const block of blocks) {
      const data = [];
      for (const line of block.split('\n')) {
        if (line.startsWith('data: ')) data.push(line.slice(6));
      }
      events++;
      characters += data.join('\n').length;
    }
  }
  return { events, characters };
}

/** Not a parser: what decoding alone costs. */
function floor(chunks) {
  const decoder = new TextDecoder();
  let characters = 0;
  for (const chunk of chunks) characters += decoder.decode(chunk, { stream: true }).length;
  return { characters };
}

/** `{ name, parse, knows }`, where `knows` says which workloads it can read, and in which chunks it
 *  can be measured. */
export const PARSERS = [
  { name: OURS, parse: ours },
  { name: 'eventsource-parser', parse: eventsourceParser },
  { name: '@microsoft/fetch-event-source', parse: fetchEventSource },
  { name: 'by hand', parse: splitting, knows: (workload) => !workload.includes('CRLF') },
  // It is a hundred times slower, so one measurement is enough.
  {
    name: 'fetch-event-stream',
    parse: fetchEventStream,
    knows: (_workload, size, isFull) => isFull && size === 65_536,
  },
  { name: FLOOR, parse: floor },
];
