// The entry shared: the same class, an option and a property more.
import { AuthenticatedEventSource as Plain } from 'authenticated-event-source';
import { AuthenticatedEventSource, EventSourceError, type Role } from 'authenticated-event-source/shared';
import { same } from './expect.js';

const source = new AuthenticatedEventSource<{ price: number }>('/prices', {
  auth: () => 'token',
  shared: { key: 'ann', leaderTimeout: 5000 },
  parse: 'json',
});
same<Role>()(source.role);
source.addEventListener('price', ({ data }) => same<number>()(data));
const plain: Plain<{ price: number }> = source;
plain.onerror = ({ error }) => same<boolean>()(error instanceof EventSourceError);
new AuthenticatedEventSource('/events', { shared: true }).close();
new AuthenticatedEventSource('/events', 'token').close();

// @ts-expect-error: who shares is named by a text.
new AuthenticatedEventSource('/events', { shared: { key: 42 } });
// @ts-expect-error: the default entry shares nothing.
new Plain('/events', { shared: true });
// @ts-expect-error: no `parse`.
new AuthenticatedEventSource<{ price: number }>('/prices', { shared: true });
