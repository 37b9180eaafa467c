// Jest's jsdom with the `fetch` of Node, as many projects add it. `AbortController` and `Event` stay those of jsdom.
const { TestEnvironment } = require('jest-environment-jsdom');

const ADDED =
  'fetch Headers Request Response ReadableStream TransformStream WritableStream TextDecoder TextEncoder'.split(' ');

module.exports = class extends TestEnvironment {
  constructor(...args) {
    super(...args);
    for (const name of ADDED) this.global[name] = globalThis[name];
  }
};
