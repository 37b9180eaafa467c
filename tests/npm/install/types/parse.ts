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

// Without an event map `parse` says what the data is.
new AuthenticatedEventSource('/events', { auth: 'token', parse: schema }).addEventListener('any', ({ data }) =>
  same<Metrics>()(data),
);
new AuthenticatedEventSource('/events', { parse: (data) => data.length }).onmessage = ({ data }) =>
  same<number>()(data);
for await (const event of new AuthenticatedEventSource('/events', { parse: schema })) same<Metrics>()(event.data);
new AuthenticatedEventSource('/events', { parse: 'json' }).onmessage = ({ data }) => same<any>()(data);
new AuthenticatedEventSource<{ tick: number }>('/events', { parse: (data) => JSON.parse(data) }).addEventListener(
  'tick',
  ({ data }) => same<number>()(data),
);
// Declared without, it may hold what reads text.
const text: AuthenticatedEventSource = new AuthenticatedEventSource('/events', { headers: { 'X-Key': 'key' } });
same<AuthenticatedEventSource<Record<string, string>>>()(text);
// What the class is extended with keeps its types.
class Plain extends AuthenticatedEventSource {}
new Plain('/events', 'token').onmessage = ({ data }) => same<string>()(data);
class Typed extends AuthenticatedEventSource<{ metrics: Metrics }> {
  role = 'leading';
}
new Typed('/events', { parse: schema }).addEventListener('metrics', ({ data }) => same<Metrics>()(data));
const target: EventTarget = text;
if (target instanceof AuthenticatedEventSource) same<string>()(target.lastEventId);
