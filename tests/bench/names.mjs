/** The name of our row. */
export const OURS = 'authenticated-event-source';
