// The entry `./slim`: the same as the default entry, with the WebAssembly in a file of its own.
export * from './index.ts';
