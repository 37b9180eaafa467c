// The entry `./parser`: the event stream without a connection.
export { EventSourceError, type Reason } from './errors.ts';
export type { StreamEvent } from './event-classes.ts';
export { events, type EventsOptions } from './events.ts';
export {
  EventStreamDecoderStream,
  EventStreamParser,
  type IgnoredLine,
  type ParsedEvent,
  type ParserOptions,
  type ResetOptions,
} from './parser.ts';
export type { Until } from './until.ts';
