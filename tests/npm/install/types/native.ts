// Sources where the native class is expected.
import { AuthenticatedEventSource, EventSource as Standard } from 'authenticated-event-source';
import { AuthenticatedEventSource as Shared } from 'authenticated-event-source/shared';
import { same } from './expect.js';

interface Metrics {
  cpu: number;
}

/** Code that was written for the native class. */
function listen(source: EventSource): void {
  source.onmessage = (event: MessageEvent) => event.data;
  source.addEventListener('metrics', (event: MessageEvent<string>) => event.data);
  source.addEventListener('error', () => source.close());
}
listen(new AuthenticatedEventSource('/events', 'token'));
listen(new AuthenticatedEventSource<{ metrics: Metrics }>('/events', { parse: 'json' }));
listen(new Shared('/events', { shared: true }));
listen(new Standard('/events'));
const held: { source: EventSource | null } = { source: new AuthenticatedEventSource('/events') };
same<EventSource | null>()(held.source);

/** Code that takes the class as a parameter. */
function connect(Source: new (url: string | URL, init?: EventSourceInit) => EventSource): EventSource {
  return new Source('/events', { withCredentials: true });
}
listen(connect(AuthenticatedEventSource));
listen(connect(Standard));
connect(class extends AuthenticatedEventSource {});
const Native: typeof EventSource = AuthenticatedEventSource;
globalThis.EventSource = AuthenticatedEventSource;
void Native;

// Handlers written for events of the platform are accepted.
const source = new AuthenticatedEventSource('/events', 'token');
source.onerror = (event: Event) => event.type;
source.onmessage = (event: MessageEvent<string>) => event.data;
source.addEventListener('metrics', (event: MessageEvent<string>) => event.data);
source.addEventListener('metrics', (event: Event) => event.type);
const typed = new AuthenticatedEventSource<{ metrics: Metrics }>('/events', { parse: 'json' });
typed.addEventListener('metrics', (event: MessageEvent<Metrics>) => same<number>()(event.data.cpu));
