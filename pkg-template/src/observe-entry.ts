export { dropRepeats } from './observe/drop-duplicates.ts';
export { GapEvent, watchGaps } from './observe/gaps.ts';
export { health } from './observe/health.ts';
export { logTo } from './observe/log.ts';
export { mark } from './observe/marks.ts';
