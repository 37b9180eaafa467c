export { EventSourceError } from './errors.ts';
export { EventSource, EventSource as default } from './event-source.ts';
