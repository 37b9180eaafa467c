// The entry `authenticated-event-source`.
export { EventSourceError, type Reason } from './errors.ts';
export type {
  BaseEventMap,
  CloseEvent,
  CommentEvent,
  ErrorEvent,
  EventTypes,
  OpenEvent,
  SourceEvent,
  SourceState,
  StateChangeEvent,
  StreamEvent,
} from './event-classes.ts';
export { AuthenticatedEventSource } from './event-source.ts';
export { events } from './events.ts';
export type { AuthenticatedEventSourceInit, Parse, RetryOptions, StandardSchema } from './options.ts';
export { EventStreamDecoderStream, EventStreamParser, type ParserOptions } from './parser.ts';
export type { AttemptContext, AuthProvider, Token } from './token.ts';
