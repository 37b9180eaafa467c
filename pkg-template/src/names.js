/** Gives classes their names, which a minifier shortens. */
export function named(types) {
  for (const [name, type] of Object.entries(types)) Object.defineProperty(type, 'name', { value: name, configurable: true });
}

/** The same, for whoever prints an object of theirs. Not for `open` and `error`, which are `[object Event]` natively. */
export function tagged(types) {
  named(types);
  for (const [value, { prototype }] of Object.entries(types)) {
    Object.defineProperty(prototype, Symbol.toStringTag, { value, configurable: true });
  }
}
