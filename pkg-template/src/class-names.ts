// Names and prototypes of the public classes.

/** A class, by what this module reads of it. */
type AnyClass = abstract new (...args: never[]) => object;

/**
 * Returns the class of an object with one member. The name of the member survives minification, and engines show it if the
 * class is called without `new`. They ignore the property `name`.
 */
export function classOf(member: Record<string, AnyClass>): never {
  return Object.values(member)[0] as never;
}

/** Restores the names of classes, which a minifier shortens. */
export function named(types: Record<string, AnyClass>): void {
  for (const [name, type] of Object.entries(types))
    Object.defineProperty(type, 'name', { value: name, configurable: true });
}

/**
 * Names the instances of classes (`Symbol.toStringTag`). Not for the events `open` and `error`, which browsers print as
 * `[object Event]`.
 */
export function tagged(types: Record<string, AnyClass>): void {
  for (const [value, { prototype }] of Object.entries(types)) {
    Object.defineProperty(prototype, Symbol.toStringTag, { value, configurable: true });
  }
}

/** Makes Node.js print the own properties of events. By default it prints only properties of every event. */
export function printed(types: Record<string, AnyClass>): void {
  for (const [name, { prototype }] of Object.entries(types)) {
    Object.defineProperty(prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: object, _: number, options: object, inspect: (value: object, options: object) => string) {
        return `${name} ${inspect(Object.fromEntries(Object.entries(this)), options)}`;
      },
    });
  }
}

/**
 * Makes instances of the first class look like instances of the second: the prototype is inherited, and every attribute
 * exists. An attribute that the first class does not define is `null`.
 */
export function lookingLike({ prototype }: AnyClass, { prototype: model }: AnyClass): void {
  Object.setPrototypeOf(prototype, model);
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(model) as PropertyDescriptorMap)) {
    const own = Object.getOwnPropertyDescriptor(prototype, name)?.get ?? (() => null);
    if (get) Object.defineProperty(prototype, name, { get: own, enumerable: true, configurable: true });
  }
  delete prototype.constructor;
}
