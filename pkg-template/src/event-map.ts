// The types that connect the event map of a source with its option `parse`.
import type { SourceEvent } from './event-classes.ts';
import type { Parse, StandardSchema } from './options.ts';

/** The event types whose data must be parsed, because it is no string. */
type ParsedTypes<Events> = { [Type in keyof Events]: string extends Events[Type] ? never : Type }[keyof Events];

/** `Given` if the data of all events of the map are strings, else `Otherwise`. */
type IfStrings<Events, Given, Otherwise> = [ParsedTypes<Events>] extends [never] ? Given : Otherwise;

/** The `parse` of a source by its event map; `never` stands for a source without one. */
export type ParseOf<Events> = [Events] extends [never]
  ? Parse<unknown> | undefined
  : IfStrings<Events, Parse<Events[keyof Events]> | undefined, Parse<Events[keyof Events]>>;

/**
 * The options of a source. A source whose data is no string requires `parse`, so a token alone is not enough. `How` stands
 * outside of the conditional types, from which TypeScript infers nothing.
 */
export type InitOf<Init, How> = IfOptional<How, string | undefined, never> | (Omit<Init, 'parse'> & ParseOption<How>);

/** The option `parse`. */
type ParseOption<How> = {
  /** Parses the data of each event. Required if the data of the event map is no string. */
  parse?: How;
} & IfOptional<How, unknown, { parse: How }>;

/** `Given` if `parse` may be omitted, else `Otherwise`. */
type IfOptional<How, Given, Otherwise> = undefined extends How ? Given : Otherwise;

/** The options of a source over an existing stream, as a list that is empty if they may be omitted. */
export type StreamInitOf<Init, How> = IfOptional<
  How,
  [init?: Init & ParseOption<How>],
  [init: Init & ParseOption<How>]
>;

/** The URL of a source without options. */
export type UrlOf<Events> = IfStrings<
  Events,
  string | URL,
  { readonly 'Pass `parse`: the data of this event map is no string': never }
>;

/** The data that `parse` returns. Without `parse`, `How` is the whole type of the option. */
type DataOfParse<How> = undefined extends How
  ? string
  : How extends 'json'
    ? // biome-ignore lint/suspicious/noExplicitAny: the same type as that of JSON.parse
      any
    : How extends (data: string, event: SourceEvent) => infer Data
      ? Data
      : How extends StandardSchema<infer Data>
        ? Data
        : string;

/** The event map that the caller has named, or else the one that `parse` determines. */
export type EventsOf<Events, How> = [Events] extends [never] ? Record<string, DataOfParse<How>> : Events;
