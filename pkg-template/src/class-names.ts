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

/** Has the objects of one class pass for those of another, attribute by attribute. Those that it lacks are `null`. */
export function lookingLike({ prototype }, { prototype: model }) {
  Object.setPrototypeOf(prototype, model);
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(model))) {
    const own = Object.getOwnPropertyDescriptor(prototype, name)?.get ?? (() => null);
    if (get) Object.defineProperty(prototype, name, { get: own, enumerable: true, configurable: true });
  }
  delete prototype.constructor;
}
