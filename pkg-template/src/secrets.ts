/**
 * Defines which parts of a request are secrets, and keeps errors free of them.
 *
 * Every header is a secret except the few that do not identify the user (see `is_secret_header` in
 * src/connection/redirect_policy.rs). User name, password and query values of the URL are secrets too.
 */

const PUBLIC_HEADERS = ['accept', 'accept-language', 'content-language', 'content-type', 'last-event-id'];

/** Shorter texts are no secrets by themselves: they occur in ordinary words. */
const SHORTEST = 4;

// Bounds of the search through an exception. A larger exception counts as if it contained a secret.
const DEPTH = 6;
const OBJECTS = 500;

/** Returns whether these headers contain a secret. */
export function hasSecretHeader(headers: Headers): boolean {
  return [...headers.keys()].some((name) => !PUBLIC_HEADERS.includes(name));
}

/** Returns the part of a URL that a message may quote: everything except user name, password, query and fragment. */
export function withoutSecretParts(url: string): string {
  const [start = ''] = String(url).split(/[?#]/);
  return start.replace(/^([^:/\\]*:?[/\\]{2})?.*@/s, '$1');
}

/** The secrets of the requests of one connection. */
export class Secrets {
  readonly #texts = new Set<string>();

  constructor(url: string) {
    const { username, password, searchParams } = new URL(url);
    this.#add(username, password, ...searchParams.values());
    for (const text of [...this.#texts]) this.#add(encodeURIComponent(text));
  }

  /** Adds the values of these headers, whole and in parts: `Bearer TOKEN`, `name=VALUE`. */
  addHeaders(headers: Headers): void {
    for (const [name, value] of headers) {
      if (PUBLIC_HEADERS.includes(name)) continue;
      this.#add(value, ...value.split(/[\s,;="]+/));
    }
  }

  addToken(token: string): void {
    this.#add(token);
  }

  /** Returns the exception itself, or a copy of its name and message if it quotes a secret anywhere. */
  removedFrom<Cause>(cause: Cause, depth?: number): Cause;
  removedFrom(cause: unknown, depth = 0): unknown {
    if (typeof cause === 'string') return this.#redact(cause);
    if (depth > DEPTH || !this.#isIn(cause, new Set(), 0)) return cause;
    const { name, message, cause: inner } = cause as Partial<Error>;
    const copy = new Error(
      this.#redact(String(message ?? cause)),
      inner ? { cause: this.removedFrom(inner, depth + 1) } : undefined,
    );
    Object.defineProperty(copy, 'name', { value: this.#redact(String(name ?? 'Error')), configurable: true });
    // The stack begins with the name and the message.
    copy.stack = `${copy.name}: ${copy.message}`;
    return copy;
  }

  #add(...texts: string[]): void {
    for (const text of texts) if (text.length >= SHORTEST) this.#texts.add(text);
  }

  #redact(text: string): string {
    return [...this.#texts].reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  }

  /** Returns whether a value contains a secret. `seen`: the objects searched so far. */
  #isIn(value: unknown, seen: Set<unknown>, depth: number): boolean {
    if (typeof value === 'string') return this.#redact(value) !== value;
    if (Object(value) !== value || seen.has(value)) return false;
    if (depth > DEPTH || seen.size > OBJECTS) return true;
    seen.add(value);
    return membersOf(value as object).some((member) => this.#isIn(member, seen, depth + 1));
  }
}

/** Returns what a log would print of an object: its own members, those of errors, and the entries of headers and maps. */
function membersOf(value: object): unknown[] {
  // The listed members are inherited or not enumerable.
  const names = [...Object.keys(value), 'name', 'message', 'stack', 'cause', 'errors', 'headers', 'url'];
  const members = names.map((name) => readMember(value, name));
  if (value instanceof Headers || value instanceof Map) members.push(...[...value].flat());
  return members;
}

function readMember(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
