// Headers in the caller's spelling.

/** Names and values of headers in the order in which they were given. */
export type HeaderEntries = [name: string, value: string][];

/** Reads headers in any form that `HeadersInit` allows. They are read once, because the form may be an iterator. */
export function headerEntries(headers: unknown): HeaderEntries {
  if (headers === undefined) return [];
  const pairs =
    Symbol.iterator in (headers as object) ? [...(headers as Iterable<Iterable<unknown>>)] : Object.entries(headers!);
  return pairs.map((pair) => Array.from(pair, (text) => `${text}`) as [string, string]);
}

/**
 * Returns headers as a plain record, because callers spread `init.headers` in a `fetch` of their own. `Headers` knows names
 * in lower case only: `names` has their spelling, of which the last counts.
 */
export function headerRecord(headers: Headers, names: string[]): Record<string, string> {
  const spelling = new Map(names.map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries([...headers].map(([name, value]) => [spelling.get(name) ?? name, value]));
}
