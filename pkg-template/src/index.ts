export { EventSourceError } from './errors.ts';
export { AuthenticatedEventSource } from './event-source.ts';
export { EventStreamDecoderStream, EventStreamParser } from './parser.ts';
export { events } from './events.ts';
