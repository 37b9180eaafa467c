// Functions that observe a source of the default entry, `./shared` or `./event-source`. Call them right after its
// constructor; they end with the source. All of them are `[NON-SPEC]`.
export { dropRepeats } from './observe/drop-duplicates.ts';
export { GapEvent, watchGaps } from './observe/gaps.ts';
export { health, type Health } from './observe/health.ts';
export { logTo, type Logger } from './observe/log.ts';
export { mark } from './observe/marks.ts';
