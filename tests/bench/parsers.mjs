// Each parser reads the chunks of a whole stream and returns the number of events and of the
// characters in their data, which must agree. None shares a function with another: shared functions
// would share what the engine learns about types, and falsify each other.
import { getLines, getMessages } from '@microsoft/fetch-event-source/lib/esm/parse.js';
import { EventStreamParser } from 'authenticated-event-source';
import { createParser } from 'eventsource-parser';
import { OURS } from './names.mjs';

export { OURS };

function ours(chunks) {
  const parser = new EventStreamParser();
  let events = 0;
  let characters = 0;
  for (const chunk of chunks) {
    for (const { data } of parser.feed(chunk)) {
      events++;
      characters += data.length;
    }
  }
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
  const feed = getLines(getMessages(() => {}, () => {}, onMessage));
  for (const chunk of chunks) feed(chunk);
  return { events, characters };
}

/** Not a parser: what decoding alone costs. */
function floor(chunks) {
  const decoder = new TextDecoder();
  let characters = 0;
  for (const chunk of chunks) characters += decoder.decode(chunk, { stream: true }).length;
  return { characters };
}

/** `[name, function]`. */
export const PARSERS = [
  [OURS, ours],
  ['eventsource-parser', eventsourceParser],
  ['@microsoft/fetch-event-source', fetchEventSource],
];

export const FLOOR = ['TextDecoder alone', floor];
