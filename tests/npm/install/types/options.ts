// The second argument.
import { AuthenticatedEventSource, type AttemptContext, type EventSourceError } from 'authenticated-event-source';
import { same } from './expect.js';

const session = { accessToken: async () => 'token', refresh: async () => {} };

new AuthenticatedEventSource('/events', 'token');
new AuthenticatedEventSource('/events', { auth: () => 'token' });
new AuthenticatedEventSource('/events', { auth: session.accessToken });
new AuthenticatedEventSource('/events', { auth: async () => ({ token: 'token', expiresAt: new Date() }) });
new AuthenticatedEventSource('/events', { token: () => ({ token: 'token', expiresAt: Date.now() + 60_000 }) });
new AuthenticatedEventSource('/events', {
  auth: {
    token: (context) => (same<AttemptContext>()(context), session.accessToken()),
    onUnauthorized: ({ attempt }) => (same<number>()(attempt), session.refresh()),
    scheme: '',
    header: 'X-Api-Key',
    renewBefore: 10_000,
  },
});
new AuthenticatedEventSource('/events', {
  method: 'POST',
  body: () => JSON.stringify({ prompt: 'hello' }),
  headers: ({ lastEventId }) => [['X-Cursor', lastEventId]],
  retry: { initialDelay: 1000, maxRetries: 5, jitter: 'none', on: 'error' },
  shouldRetry: (failure) => (same<EventSourceError>()(failure), failure.status === 418 ? 1000 : undefined),
  heartbeatTimeout: 'auto',
  signal: AbortSignal.timeout(60_000),
});
new AuthenticatedEventSource('/events', { retry: false, heartbeatTimeout: false });
new AuthenticatedEventSource('/events', { retry: 'spec', withCredentials: true, lastEventIdParam: 'from' });

// @ts-expect-error: a misspelt option.
new AuthenticatedEventSource('/events', { header: { Authorization: 'Bearer token' } });
// @ts-expect-error: a token is text.
new AuthenticatedEventSource('/events', { auth: 42 });
// @ts-expect-error: a provider has a token.
new AuthenticatedEventSource('/events', { auth: { onUnauthorized: session.refresh } });
// @ts-expect-error: no such policy.
new AuthenticatedEventSource('/events', { retry: 'always' });

// Members of `RequestInit` are accepted, also those that a runtime adds, and typing errors are not.
declare global {
  interface RequestInit {
    next?: { revalidate?: number };
  }
}
new AuthenticatedEventSource('/events', { next: { revalidate: 0 }, mode: 'cors', keepalive: true, signal: null });
// @ts-expect-error the name of the option is heartbeatTimeout
new AuthenticatedEventSource('/events', { heartbeatTimout: 1000 });

// With `exactOptionalPropertyTypes`, a value that may be missing is accepted, and so is `null` as the signal.
declare const maybe: string | undefined;
declare const limit: number | undefined;
new AuthenticatedEventSource('/events', { token: maybe, lastEventId: maybe, connectTimeout: limit, signal: null });
new AuthenticatedEventSource('/events', { auth: { token: 'token', scheme: maybe }, retry: { maxRetries: limit } });
