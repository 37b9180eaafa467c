// The smallest program, as the README shows it.
import { AuthenticatedEventSource } from 'authenticated-event-source';
import { AuthenticatedEventSource as Slim } from 'authenticated-event-source/slim';

const source: EventTarget = new AuthenticatedEventSource('/events', 'token');
const slim: EventTarget = new Slim('/events', 'token');
source.addEventListener('message', () => slim.dispatchEvent(new Event('message')));

// @ts-expect-error: there is no stream without an address.
new AuthenticatedEventSource();
