// A client that is attacked, in a process of its own, so that its peak of memory can be measured.
// Arguments: those of `attacked`. Prints what happened.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { attacked } from './attacked.mjs';

Object.assign(globalThis, await import(pathToFileURL(join(process.env.PACKAGE, 'dist/index.js'))));
const [attacker, honest, end] = process.argv.slice(2);
const peak = () => process.resourceUsage().maxRSS * 1024;

// What the first connection of a process takes is no part of the attack.
const first = new AuthenticatedEventSource(honest);
await new Promise((resolve) => {
  first.onmessage = resolve;
});
first.close();

const before = peak();
const result = await attacked([attacker, honest, end]);
console.log(JSON.stringify({ ...result, grown: peak() - before }));
