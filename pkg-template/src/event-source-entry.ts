// The entry `./event-source`: the native interface.
export { EventSourceError } from './errors.ts';
export { EventSource, EventSource as default } from './event-source.ts';
