// The events of a source, and what their data is.
import { AuthenticatedEventSource, type ErrorEvent, type OpenEvent, type Reason } from 'authenticated-event-source';
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
typed.addEventListener('open', (event) => same<OpenEvent>()(event));
typed.onopen = ({ response, resumed }) => (same<Response>()(response), same<boolean>()(resumed));
typed.onerror = (event) => {
  same<ErrorEvent>()(event);
  same<Reason>()(event.reason);
  same<boolean>()(event.willRetry);
  same<number | undefined>()(event.retryIn);
};
typed.addEventListener('close', ({ reason }) => same<Reason | 'aborted'>()(reason));
typed.addEventListener('comment', ({ data }) => same<string>()(data));
typed.addEventListener('statechange', ({ state }) => same<number | undefined>()(state.nextRetryIn));

// @ts-expect-error: no event of the map has this type.
typed.addEventListener('metric', () => {});
// @ts-expect-error: the data is no string.
typed.addEventListener('metrics', (event) => event.data.toUpperCase());

for await (const event of typed) {
  same<string>()(event.origin);
  if (event.type === 'metrics') same<Metrics>()(event.data);
  else same<number>()(event.data);
}
