export { dropRepeats } from './observe/repeats.js';
export { GapEvent, watchGaps } from './observe/gaps.js';
export { health } from './observe/health.js';
export { logTo } from './observe/log.js';
export { mark } from './observe/marks.js';
