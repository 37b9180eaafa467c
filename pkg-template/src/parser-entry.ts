// The entry `./parser`: the event stream without a connection.
export { EventSourceError, type Reason } from './errors.ts';
export type { StreamEvent } from './event-classes.ts';
export { events, type EventsOptions, type EventsSource, type ParseEvent } from './events.ts';
export {
  EventStreamDecoderStream,
  EventStreamParser,
  type IgnoredLine,
  type ParsedEvent,
  type ParserOptions,
  type ResetOptions,
} from './parser.ts';
export type { StandardSchema } from './options.ts';
export type { Until } from './until.ts';
