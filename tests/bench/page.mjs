import { measure } from './measure.mjs';

export { measure };

if (globalThis.document) {
  measure().then(
    (cells) => { globalThis.result = { cells }; },
    (error) => { globalThis.result = { error: String(error) }; },
  );
}
