// Tokens and the providers that supply them.
export type MaybePromise<T> = T | Promise<T>;

/** The attempt that a provider is called for. */
export interface AttemptContext {
  /** Attempts since the connection was last healthy, from 1. */
  readonly attempt: number;
  /** Why the attempt is made. */
  readonly cause: 'start' | 'retry' | 'unauthorized' | 'renewal' | 'reconnect' | 'suspension';
  /** The last event ID that will be sent. */
  readonly lastEventId: string;
  /** The URL of the source. */
  readonly url: string;
}

export type AttemptCause = AttemptContext['cause'];

/** A token, alone or with its expiry time. */
export type Token =
  | string
  | {
      /** The token. */
      readonly token: string;
      /** When it expires: a `Date`, or milliseconds since 1970. Default: the `exp` claim of a JWT. */
      readonly expiresAt?: number | Date;
    };

/** Supplies tokens. Sources that share a provider object share its refresh. */
export interface AuthProvider {
  /** The token, or a function that is called on every attempt. */
  token: string | ((context: AttemptContext) => MaybePromise<Token>);
  /**
   * Called after a 401, before the one retry. Calls for sources of this provider never overlap. Default: `token` is
   * called again (for `GET`, or if `retry` is given).
   */
  onUnauthorized?(context: AttemptContext): MaybePromise<unknown>;
  /** The authentication scheme before the token; `''` for none. Default `'Bearer'`. */
  scheme?: string;
  /** The name of the header. Default `'Authorization'`. */
  header?: string;
  /**
   * The time in milliseconds before expiry at which the source reconnects with a fresh token. No event is lost or
   * repeated. Default 30,000. Needs `expiresAt`, or a JWT with `exp`.
   */
  renewBefore?: number;
}

/** A token with its expiry time in milliseconds since 1970, if that is known. */
export interface ExpiringToken {
  readonly token: string;
  readonly expiresAt: number | undefined;
}

interface Refresh {
  readonly refresh: Promise<unknown>;
  readonly since: number;
}

/** The running refresh of each provider. Sources that share a provider are rejected together, and refresh once. */
const refreshes = new WeakMap<object, Refresh>();

/** Calls the provider's `onUnauthorized`, or returns the promise of the running call. */
export function singleFlight(
  provider: Pick<AuthProvider, 'onUnauthorized'>,
  context: AttemptContext,
  timeout: number,
): Promise<unknown> {
  const running = refreshes.get(provider);
  // A call that never settles must not prevent all later refreshes.
  if (running && Date.now() - running.since < timeout) return running.refresh;
  const refresh = Promise.resolve()
    .then(() => provider.onUnauthorized?.(context))
    .finally(() => {
      if (refreshes.get(provider)?.refresh === refresh) refreshes.delete(provider);
    });
  refreshes.set(provider, { refresh, since: Date.now() });
  return refresh;
}

/** Checks what a provider returned. */
export function toToken(given: unknown): ExpiringToken {
  const { token, expiresAt } = (typeof given === 'string' ? { token: given } : (given ?? {})) as {
    token?: unknown;
    expiresAt?: unknown;
  };
  if (typeof token !== 'string') {
    throw new TypeError('the token provider must return a string, or { token, expiresAt }');
  }
  if (expiresAt === undefined || expiresAt === null) return { token, expiresAt: expiryOf(token) };
  const time = Number(expiresAt);
  if (Number.isNaN(time)) throw new TypeError('`expiresAt` must be a Date or milliseconds since 1970');
  return { token, expiresAt: time };
}

/** Reads the `exp` claim of a JWT (RFC 7519 §4.1.4). It is not trusted: it only determines when to fetch a fresh token. */
function expiryOf(token: string): number | undefined {
  const [, claims, ...rest] = token.split('.');
  if (rest.length !== 1) return undefined;
  try {
    const { exp } = JSON.parse(atob(claims!.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
