/** The name of our row. */
export const OURS = 'authenticated-event-source';

/** The name of the row that decodes and does nothing else. */
export const FLOOR = 'TextDecoder alone';
