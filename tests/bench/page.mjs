// What runs in the browser: the job that the address names; the result goes back by POST. No
// debugger is attached: one makes native EventSource ten times slower.
import { measureDelay } from './delay.mjs';
import { measureGrowth } from './growth.mjs';
import { measureParse, measureWarm } from './parse.mjs';
import { measureStart } from './start.mjs';
import { measureStream } from './stream.mjs';

export const JOBS = {
  parse: measureParse,
  warm: measureWarm,
  stream: measureStream,
  delay: measureDelay,
  start: measureStart,
  growth: measureGrowth,
};

if (globalThis.document) {
  const { name, options } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const report = (result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) });
  JOBS[name](options).then(
    (value) => report({ value }),
    (error) => report({ error: String(error.stack ?? error) }),
  );
}
