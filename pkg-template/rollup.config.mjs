// Emits the declarations of each entry from the sources. esbuild, which bundles the code, emits none.
import { dts } from 'rollup-plugin-dts';

/** Modules whose declarations stay in the files of their entries. */
const OWN = /\/src\/(observe|shared|fetch-event-source)/;

export default {
  input: {
    index: 'src/index.ts',
    'event-source': 'src/event-source-entry.ts',
    'fetch-event-source': 'src/fetch-event-source.ts',
    shared: 'src/shared-entry.ts',
    observe: 'src/observe-entry.ts',
    parser: 'src/parser-entry.ts',
    slim: 'src/slim.ts',
  },
  external: /^#/,
  output: {
    format: 'es',
    manualChunks: (id) => (OWN.test(id) ? undefined : 'types'),
    chunkFileNames: '[name].d.ts',
    minifyInternalExports: false,
    // For the `Symbol.dispose` of a source. Rollup merges the chunk `types` into `index` if `index` exports all of it.
    banner: ({ name }) => (name === 'types' || name === 'index' ? '/// <reference lib="esnext.disposable" />' : ''),
  },
  plugins: [dts()],
};
