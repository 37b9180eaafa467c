// The entry `authenticated-event-source`.
export { EventSourceError, type Reason } from './errors.ts';
export { ErrorEvent } from './event-classes.ts';
export type {
  BaseEventMap,
  CloseReason,
  ConnectionCloseEvent,
  ConnectionStateChangeEvent,
  DataOf,
  ErrorEventInit,
  EventTypes,
  FailureEvent,
  OpenEvent,
  SameType,
  SourceEvent,
  SourceState,
  StreamCommentEvent,
  StreamEvent,
} from './event-classes.ts';
export { AuthenticatedEventSource, EventSource, type EventSourceInit } from './event-source.ts';
export { events, type EventsOptions, type EventsSource, type ParseEvent } from './events.ts';
export type { AuthenticatedEventSourceInit, Parse, RetryOptions, StandardSchema } from './options.ts';
export {
  EventStreamDecoderStream,
  EventStreamParser,
  type IgnoredLine,
  type ParsedEvent,
  type ParserOptions,
  type ResetOptions,
} from './parser.ts';
export type { StreamMessageEvent } from './platform-types.ts';
export type { Until } from './until.ts';
export type { AttemptContext, AuthProvider, Token } from './token.ts';
