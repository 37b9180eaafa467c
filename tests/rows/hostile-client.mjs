// A client that is attacked, in a process of its own, so that its peak of memory can be measured; an
// honest source beside it must not notice. Arguments: the two URLs, and what ends the attack (`fatal`,
// `error`, or a number of events). Prints what happened.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { AuthenticatedEventSource } = await import(pathToFileURL(join(process.env.PACKAGE, 'dist/index.js')));
const [attacker, honest, end] = process.argv.slice(2);
const retry = { initialDelay: 100, maxDelay: 100, jitter: 'none' };

let longestPause = 0;
let last;
const bystander = new AuthenticatedEventSource(honest, { retry });
await new Promise((resolve) => { bystander.onmessage = resolve; });
bystander.onmessage = () => {
  const now = performance.now();
  longestPause = Math.max(longestPause, now - (last ?? now));
  last = now;
};

const before = process.resourceUsage().maxRSS * 1024;
const source = new AuthenticatedEventSource(attacker, { auth: 'secret-token', retry });
let events = 0;
const failure = await new Promise((resolve) => {
  source.onmessage = () => {
    events += 1;
    if (`${events}` === end) resolve();
  };
  source.onerror = ({ reason, code, message, willRetry }) => {
    if (end === 'error' || !willRetry) resolve({ reason, code, message, willRetry });
  };
});
// The honest one must still be alive when all is over.
await new Promise((resolve) => { bystander.addEventListener('message', resolve); });
source.close();
bystander.close();
const grown = process.resourceUsage().maxRSS * 1024 - before;
console.log(JSON.stringify({ ...failure, events, grown, longestPause }));
