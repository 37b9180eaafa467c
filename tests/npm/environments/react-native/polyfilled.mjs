// Prints the result of the scenario with the polyfills that applications on React Native install for streams.
import { removed } from './missing.mjs';
import 'event-target-polyfill';
import { ReadableStream, TransformStream, WritableStream } from 'web-streams-polyfill';

// Native modules provide these two.
const { TextDecoder, WebAssembly } = removed;
Object.assign(globalThis, { ReadableStream, TransformStream, WritableStream, TextDecoder, WebAssembly });
const { fetch, Headers, Request, Response } = await import('react-native-fetch-api');
Object.assign(globalThis, { Headers, Request, Response });
const { AuthenticatedEventSource } = await import('authenticated-event-source');
const { default: scenario } = await import('../scenario.cjs');
const options = { fetch: (url, init) => fetch(url, { ...init, reactNative: { textStreaming: true } }) };
const result = await scenario.readTwoStreams(AuthenticatedEventSource, process.env.STREAM, options);
console.log(JSON.stringify(result));
