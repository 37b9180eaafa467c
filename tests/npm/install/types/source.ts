// The class itself: what the native interface has, and what it has besides.
import { AuthenticatedEventSource, EventSourceError, type SourceState } from 'authenticated-event-source';
import { AuthenticatedEventSource as Slim } from 'authenticated-event-source/slim';
import { EventSource as Standard } from 'authenticated-event-source/event-source';
import { same } from './expect.js';

// @ts-expect-error: there is no stream without an address.
new AuthenticatedEventSource();
const source = new AuthenticatedEventSource(new URL('https://example.com/events'));
same<0 | 1 | 2>()(source.readyState);
same<0>()(AuthenticatedEventSource.CONNECTING);
same<2>()(source.CLOSED);
same<string>()(source.lastEventId);
same<number>()(source.reconnectionTime);
same<SourceState>()(source.state);
source.reconnect();
source.close();
// @ts-expect-error: only the stream moves the last event ID.
source.lastEventId = '42';

const target: EventTarget = source;
const error: Error = target as unknown as EventSourceError;
if (error instanceof EventSourceError) same<string>()(error.code);

new Slim('/events', { auth: 'token' }).close();

// Code that takes the native class as a parameter takes this one, and can put it in its place.
const Native: typeof globalThis.EventSource = Standard;
globalThis.EventSource = Standard;
new Native('/events', { withCredentials: true }).close();

const standard = new Standard('/events', { auth: 'token', retry: false });
standard.addEventListener('metrics', (event) => same<MessageEvent>()(event));
standard.onerror = (event) => same<Event>()(event);

{
  using closing = new AuthenticatedEventSource('/events');
  void closing;
}
