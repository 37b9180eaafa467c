/** The name of our row. */
export const OURS = 'authenticated-event-source';

/** The name of the row that decodes and does nothing else. */
export const FLOOR = 'TextDecoder alone';

/** The name of the row that reads and decodes, and does nothing else. */
export const BARE_READER = 'BYOB reader and TextDecoder alone';
