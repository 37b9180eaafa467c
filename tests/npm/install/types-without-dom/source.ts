// The package in a project without the DOM library: alone, with `@types/node`, or with the library of workers.
import { AuthenticatedEventSource, EventSource, EventSourceError, events } from 'authenticated-event-source';
import { EventSource as Standard } from 'authenticated-event-source/event-source';
import { fetchEventSource } from 'authenticated-event-source/fetch-event-source';
import { health, logTo } from 'authenticated-event-source/observe';
import { EventStreamDecoderStream, EventStreamParser } from 'authenticated-event-source/parser';
import { AuthenticatedEventSource as Shared } from 'authenticated-event-source/shared';

interface Metrics {
  cpu: number;
}

const source = new AuthenticatedEventSource<{ metrics: Metrics }>('https://api.example/events', {
  auth: { token: async () => 'token', onUnauthorized: () => {} },
  headers: { 'X-Client': 'node' },
  parse: 'json',
  retry: { maxRetries: 3 },
});
source.addEventListener('metrics', ({ data, lastEventId }) => [data.cpu.toFixed(), lastEventId.length]);
source.onerror = ({ reason, willRetry, retryIn }) => [reason, willRetry ? retryIn.toFixed() : undefined];
source.onopen = ({ response, resumed }) => [response, resumed];
for await (const { type, data } of source) [type, data.cpu];

new AuthenticatedEventSource('https://api.example/events', 'token').onmessage = ({ data }) => data.length;
new Standard('https://api.example/events').close();
new EventSource('https://api.example/events').close();
new Shared('https://api.example/events', { shared: true }).role.length;
logTo(source);
health(source).events.toFixed();
await fetchEventSource('https://api.example/events', {
  headers: { 'X-Client': 'node' },
  onmessage: ({ data }) => data,
});
declare const response: Parameters<typeof events>[0];
for await (const { data } of events(response, { until: '[DONE]' })) data.length;
new EventStreamParser().feed('data: a\n\n').length;
new EventStreamDecoderStream();
declare const error: unknown;
if (error instanceof EventSourceError) error.code.length;

// @ts-expect-error: the data is no string.
source.addEventListener('metrics', ({ data }) => data.toUpperCase());
// @ts-expect-error: a token is text.
new AuthenticatedEventSource('https://api.example/events', { auth: 42 });
