// Removes what React Native with Hermes has not. It has its own `fetch`, whose responses have no `body`.
const MISSING = [
  'Event EventTarget MessageEvent CustomEvent DOMException MessageChannel BroadcastChannel WebAssembly',
  'ReadableStream TransformStream WritableStream TextDecoder navigator crypto structuredClone',
];

/** The globals that were removed, by name. */
export const removed = Object.fromEntries(
  MISSING.join(' ')
    .split(' ')
    .map((name) => [name, globalThis[name]]),
);
for (const name of Object.keys(removed)) delete globalThis[name];
globalThis.window = globalThis;
