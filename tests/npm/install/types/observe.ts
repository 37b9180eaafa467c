// The entry observe.
import { AuthenticatedEventSource } from 'authenticated-event-source';
import { AuthenticatedEventSource as Shared } from 'authenticated-event-source/shared';
import { EventSource } from 'authenticated-event-source/event-source';
import {
  dropRepeats,
  health,
  logTo,
  mark,
  watchGaps,
  type GapEvent,
  type Health,
} from 'authenticated-event-source/observe';
import { same } from './expect.js';

const source = new AuthenticatedEventSource<{ price: number }>('/prices', { auth: 'token', parse: 'json' });
same<Health>()(health(source));
same<number | undefined>()(health(source).lastByteAt);
watchGaps(source);
source.addEventListener('gap', (event) => same<GapEvent>()(event));
source.addEventListener('gap', ({ missed }) => same<number | undefined>()(missed));
dropRepeats(new Shared('/events', { shared: true }), { window: 100 });
logTo(new EventSource('/events'));
logTo(source, console);
mark(source, { name: 'prices' });

// @ts-expect-error: it looks at sources only.
health(new EventTarget());
// @ts-expect-error: the figures are there to be read.
health(source).events = 0;
