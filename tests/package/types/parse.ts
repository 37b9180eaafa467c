// `parse`: JSON, a function, or a schema of any library that follows Standard Schema.
import { AuthenticatedEventSource, type StandardSchema } from 'authenticated-event-source';
import { same } from './expect.js';

interface Metrics {
  cpu: number;
}
declare const schema: StandardSchema<Metrics>;

new AuthenticatedEventSource<{ metrics: Metrics }>('/events', { parse: 'json' });
new AuthenticatedEventSource<{ metrics: Metrics }>('/events', {
  parse: (data, event) => (same<string>()(event.lastEventId), JSON.parse(data) as Metrics),
}).addEventListener('metrics', (event) => same<number>()(event.data.cpu));
new AuthenticatedEventSource<{ metrics: Metrics }>('/events', { parse: schema });

// @ts-expect-error: what is parsed is not what the map promises.
new AuthenticatedEventSource<{ metrics: Metrics }>('/events', { parse: (data) => data.length });
