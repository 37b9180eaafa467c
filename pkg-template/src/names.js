/** Gives classes their names, which a minifier shortens, for whoever prints an object of theirs. */
export function named(types) {
  for (const [name, type] of Object.entries(types)) {
    Object.defineProperty(type, 'name', { value: name, configurable: true });
    Object.defineProperty(type.prototype, Symbol.toStringTag, { value: name, configurable: true });
  }
}
