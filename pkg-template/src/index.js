export { EventSourceError } from './errors.js';
export { AuthenticatedEventSource } from './event-source.js';
export { EventStreamDecoderStream, EventStreamParser } from './parser.js';
export { events } from './response-events.js';
