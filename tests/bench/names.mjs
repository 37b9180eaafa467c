/** The name of our row. */
export const OURS = 'authenticated-event-source';

/** The name of the row that decodes and does nothing else. */
export const FLOOR = 'TextDecoder alone';

/** The name of the row that reads and decodes, and does nothing else. */
export const BARE_READER = 'BYOB reader and TextDecoder alone';

/** The names of the rows that hand over pieces of the stream without a parser: by a callback, and as an `Event` each. */
export const NO_PARSER = 'no parser, a callback';
export const NO_PARSER_EVENTS = 'no parser, an Event each';
