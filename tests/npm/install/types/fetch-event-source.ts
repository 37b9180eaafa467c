// `fetchEventSource` takes what the package of the same signature takes, and more.
import {
  EventSourceError,
  EventStreamContentType,
  fetchEventSource,
  type EventSourceMessage,
  type FetchEventSourceInit,
} from 'authenticated-event-source/fetch-event-source';
import { same } from './expect.js';

/** The signature that its callers were written for. */
type Familiar = (
  input: RequestInfo,
  init: RequestInit & {
    headers?: Record<string, string>;
    onopen?: (response: Response) => Promise<void>;
    onmessage?: (event: { id: string; event: string; data: string; retry?: number }) => void;
    onclose?: () => void;
    onerror?: (error: any) => number | null | undefined | void;
    openWhenHidden?: boolean;
    fetch?: typeof fetch;
  },
) => Promise<void>;
const familiar: Familiar = fetchEventSource;
await familiar('/events', {});

same<'text/event-stream'>()(EventStreamContentType);
await fetchEventSource(new Request('https://example.com/events'));
await fetchEventSource(new URL('https://example.com/events'), {
  method: 'POST',
  headers: { Authorization: 'Bearer token' },
  body: JSON.stringify({ foo: 'bar' }),
  signal: AbortSignal.timeout(1000),
  onopen: async (response) => {
    same<Response>()(response);
  },
  onmessage: (event) => {
    same<EventSourceMessage>()(event);
    same<string>()(event.data);
  },
  onerror: (error) => {
    if (error instanceof EventSourceError && error.status === 429) return 5000;
    throw error;
  },
});

const init: FetchEventSourceInit = { headers: new Headers(), openWhenHidden: true, redirectPolicy: 'follow' };
init.headers = async ({ attempt }) => ({ 'X-Attempt': String(attempt) });
init.auth = { token: async () => 'token', onUnauthorized: async () => {} };

// @ts-expect-error: no such callback.
await fetchEventSource('/events', { onerorr: () => {} });
// @ts-expect-error: a wait is a number.
await fetchEventSource('/events', { onerror: () => '5000' });
