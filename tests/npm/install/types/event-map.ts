// The events of a source, and what their data is.
import {
  AuthenticatedEventSource,
  type AuthenticatedEventSourceInit,
  type CloseReason,
  type ErrorEvent,
  type FailureEvent,
  type OpenEvent,
  type Reason,
} from 'authenticated-event-source';
import { same } from './expect.js';

interface Metrics {
  cpu: number;
}

const plain = new AuthenticatedEventSource('/events', 'token');
plain.addEventListener('anything', (event) => same<MessageEvent<string>>()(event));
plain.onmessage = (event) => same<string>()(event.data);

const typed = new AuthenticatedEventSource<{ metrics: Metrics; message: number }>('/events', { parse: 'json' });
typed.addEventListener('metrics', (event) => {
  same<MessageEvent<Metrics>>()(event);
  same<string>()(event.lastEventId);
});
typed.addEventListener('metrics', { handleEvent: (event) => same<Metrics>()(event.data) }, { once: true });
typed.onmessage = (event) => same<number>()(event.data);
// A stream may name its own events `open` and `error`, so listeners can receive both.
typed.addEventListener('open', (event) => {
  if (event.response) same<OpenEvent>()(event);
});
typed.onopen = ({ response, resumed }) => {
  same<Response | undefined>()(response);
  same<boolean | undefined>()(resumed);
};
typed.onerror = (event) => {
  const { reason, status, code, message, willRetry, retryIn, error } = event;
  same<Reason | undefined>()(reason);
  same<number | undefined>()(status);
  same<number | undefined>()(code);
  same<string | undefined>()(message);
  same<boolean | undefined>()(willRetry);
  same<number | undefined>()(retryIn);
  if (event.reason) same<FailureEvent>()(event);
  // The event tells by `willRetry` whether there is a wait.
  if (willRetry) same<number>()(retryIn);
  else same<undefined>()(retryIn);
  if (event.willRetry) same<number>()(event.retryIn);
  const known: ErrorEvent | undefined = event.reason && event;
  void known;
  if (event.reason) same<boolean>()(event.willRetry);
  else same<string>()(event.data);
  if (error) same<string>()(error.code);
};
const failing = new AuthenticatedEventSource<{ error: { type: string } }>('/events', { parse: 'json' });
failing.addEventListener('error', (event) => {
  if (!event.reason) same<{ type: string }>()(event.data);
});
typed.addEventListener('connectionclose', ({ reason }) => same<CloseReason>()(reason));
typed.addEventListener('streamcomment', ({ data }) => same<string>()(data));
typed.addEventListener('connectionstatechange', ({ state }) => same<number | undefined>()(state.nextRetryIn));

// @ts-expect-error: no event of the map has this type.
typed.addEventListener('metric', () => {});
// @ts-expect-error: the data is no string.
typed.addEventListener('metrics', (event) => event.data.toUpperCase());

for await (const event of typed) {
  same<string>()(event.origin);
  if (event.type === 'metrics') same<Metrics>()(event.data);
  else same<number>()(event.data);
}

// An interface is an event map, too.
interface Streams {
  metrics: Metrics;
  message: number;
}
const mapped = new AuthenticatedEventSource<Streams>('/events', { parse: 'json' });
mapped.addEventListener('metrics', (event) => same<Metrics>()(event.data));
mapped.onmessage = (event) => same<number>()(event.data);
// @ts-expect-error: no event of the interface has this type.
mapped.addEventListener('metric', () => {});

// Without `parse` the data is a string, so a map of anything else needs it.
new AuthenticatedEventSource<{ tick: string }>('/events').addEventListener('tick', ({ data }) => same<string>()(data));
new AuthenticatedEventSource<{ tick: string }>('/events', 'token');
new AuthenticatedEventSource<{ tick: unknown; any: any }>('/events', { auth: 'token' });
// @ts-expect-error: no `parse`.
new AuthenticatedEventSource<{ metrics: Metrics }>('/events');
// @ts-expect-error: no `parse`.
new AuthenticatedEventSource<{ metrics: Metrics }>('/events', 'token');
// @ts-expect-error: no `parse`.
new AuthenticatedEventSource<Streams>('/events', { auth: 'token' });
// @ts-expect-error: one of two types needs `parse`.
new AuthenticatedEventSource<{ text: string; metrics: Metrics }>('/events', { auth: 'token' });
// @ts-expect-error: `parse` that may be missing.
new AuthenticatedEventSource<{ metrics: Metrics }>('/events', { parse: undefined });
// @ts-expect-error: no `parse`.
AuthenticatedEventSource.fromReadableStream<{ metrics: Metrics }>(new ReadableStream());
AuthenticatedEventSource.fromReadableStream(new ReadableStream()).onmessage = ({ data }) => same<string>()(data);
// @ts-expect-error: no `parse` in a class of one's own.
new (class extends AuthenticatedEventSource<{ metrics: Metrics }> {})('/events', { auth: 'token' });

// Options in a variable keep their type.
declare const options: AuthenticatedEventSourceInit;
new AuthenticatedEventSource('/events', options).onmessage = ({ data }) => same<string>()(data);
declare const token: string | undefined;
new AuthenticatedEventSource('/events', token).onmessage = ({ data }) => same<string>()(data);
