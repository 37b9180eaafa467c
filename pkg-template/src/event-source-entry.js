export { EventSourceError } from './errors.js';
export { EventSource, EventSource as default } from './event-source.js';
