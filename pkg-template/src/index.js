export { EventSourceError } from './errors.js';
export { AuthenticatedEventSource } from './event-source.js';
export { EventStreamDecoderStream, EventStreamParser, events } from './parser.js';
