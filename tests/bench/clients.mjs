// The clients, each in the way that its documentation shows. Each reads `count` events, calls
// `onEvent(data)` for each, and then lets go of the stream. Of this script each row has a copy: see copies.mjs.
import { fetchEventSource } from '@microsoft/fetch-event-source';
import { AuthenticatedEventSource, events } from 'authenticated-event-source';
import { fetchEventSource as ourFetchEventSource } from 'authenticated-event-source/fetch-event-source';
import { EventSource as NpmEventSource } from 'eventsource';
import { createEventSource } from 'eventsource-client';
import { readBarely, readByMeasure } from './bare-reader.mjs';
import { BARE_READER, NO_PARSER, NO_PARSER_EVENTS, OURS } from './names.mjs';

/** Over an `EventTarget` with `close()`. */
function listening(source, count, onEvent) {
  let seen = 0;
  return new Promise((resolve, reject) => {
    source.addEventListener('message', ({ data }) => {
      onEvent(data);
      if (++seen === count) resolve(source.close());
    });
    source.addEventListener('error', (event) => reject(event.error ?? new Error('the stream broke off')));
  });
}

async function oursByLoop(url, count, onEvent) {
  let seen = 0;
  for await (const { data } of new AuthenticatedEventSource(url, { retry: false })) {
    onEvent(data);
    if (++seen === count) break;
  }
}

async function oursOverResponse(url, count, onEvent) {
  let seen = 0;
  for await (const { data } of events(await fetch(url))) {
    onEvent(data);
    if (++seen === count) break;
  }
}

function eventsourceClient(url, count, onEvent) {
  let seen = 0;
  return new Promise((resolve) => {
    const source = createEventSource({
      url,
      onMessage({ data }) {
        onEvent(data);
        if (++seen === count) resolve(source.close());
      },
    });
  });
}

async function byCallback(fetchEventSource, url, count, onEvent) {
  const leaving = new AbortController();
  let seen = 0;
  await fetchEventSource(url, {
    signal: leaving.signal,
    openWhenHidden: true,
    onmessage({ data }) {
      onEvent(data);
      if (++seen === count) leaving.abort();
    },
    onerror(error) {
      throw error;
    },
  });
}

/** Keeps the last message, so that no engine optimises the access away. */
const kept = { latest: undefined };
const keep = (message) => {
  kept.latest = message;
};

/** The least that a listener can cost: the platform's own `Event`, without the data. */
function asEvents(url) {
  const target = new EventTarget();
  target.addEventListener('message', keep);
  return readByMeasure(url, (message) => {
    keep(message);
    target.dispatchEvent(new Event('message'));
  });
}

export const CLIENTS = [
  [
    `${OURS}, listener`,
    (url, count, onEvent) => listening(new AuthenticatedEventSource(url, { retry: false }), count, onEvent),
  ],
  [`${OURS}, for await`, oursByLoop],
  [`${OURS}, fetchEventSource`, (...run) => byCallback(ourFetchEventSource, ...run)],
  [`${OURS}, events()`, oursOverResponse],
  ['native EventSource', (url, count, onEvent) => listening(new EventSource(url), count, onEvent)],
  ['eventsource', (url, count, onEvent) => listening(new NpmEventSource(url), count, onEvent)],
  ['eventsource-client', eventsourceClient],
  ['@microsoft/fetch-event-source', (...run) => byCallback(fetchEventSource, ...run)],
  [NO_PARSER_EVENTS, asEvents],
  [NO_PARSER, (url) => readByMeasure(url, keep)],
  [BARE_READER, (url) => readBarely(url, () => false)],
];
