// The stream that the page lives on.
import { AuthenticatedEventSource } from 'authenticated-event-source';
import { Session } from './session.js';

/** A name of its own for each tab, so that its faults hit nobody else. */
export const session = new Session(`visitor-${Math.random().toString(36).slice(2, 8)}`);

const sections = [];
const watchers = [];
const taps = [];
let source;

/** `listen(source)` is called with every new source: add the listeners there. */
export function onSource(listen) {
  sections.push(listen);
}

/** `watch(context)` is called for every attempt to connect, before it is made. */
export function onAttempt(watch) {
  watchers.push(watch);
}

/** `tap(response)` is called with a copy of every response to the stream. It must read the body. */
export function onResponse(tap) {
  taps.push(tap);
}

/** Connects. An earlier connection is continued after the last event that it received. */
export function connect() {
  const lastEventId = source?.lastEventId;
  source?.close();
  source = new AuthenticatedEventSource('/events', {
    lastEventId,
    auth: { token },
    // This server speaks once a second, so four seconds of silence mean that nobody is there.
    heartbeatTimeout: 4000,
    retry: { maxDelay: 10_000 },
    fetch: fetchAndTap,
  });
  for (const listen of sections) listen(source);
}

async function fetchAndTap(url, init) {
  const response = await fetch(url, init);
  for (const tap of taps) tap(response.clone());
  return response;
}

/** Asked for every attempt, so that an old token is never sent again. */
async function token(context) {
  for (const watch of watchers) watch(context);
  return session.token(context);
}
