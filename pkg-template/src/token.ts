// Tokens and the providers that supply them.
import type { Provider } from './options.ts';

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
  /** The latest response, of any status: its headers may contain a challenge or a nonce. */
  readonly response?: Response | undefined;
  /** The text of its body if it is an error response: at most 16 KiB, and what arrived within 1 s. */
  readonly body?: string | undefined;
  /** For `headers` and `body`: the token of this attempt, if there is one. */
  readonly token?: string | undefined;
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
  /**
   * The token, or a function that is called on every attempt. If it returns nothing, no credentials are sent. A call that
   * throws, or takes longer than 30 s, fails the attempt with the reason `auth`.
   */
  token: string | ((context: AttemptContext) => MaybePromise<Token | null | undefined>);
  /**
   * Called after the server has rejected the token, before the one retry. Calls for sources of this provider never overlap.
   * A call may take any time, because a person may be signing in. If the token has been replaced meanwhile, it is not called.
   *
   * It is also called once if a renewal returns the same token. Default: `token` is called again (for `GET`, or if `retry` is
   * given).
   *
   * @returns `false` if there are no other credentials: the source closes with the reason `unauthorized`. If it throws, the
   * attempt fails with the reason `auth`, and `retry` applies.
   */
  onUnauthorized?(context: AttemptContext): MaybePromise<unknown>;
  /** The responses that reject the token: statuses, or a function. Default `[401]`. */
  refreshOn?: readonly number[] | ((response: Response) => boolean) | undefined;
  /** The authentication scheme before the token; `''` for none. Default `'Bearer'`. */
  scheme?: string | undefined;
  /** The name of the header. Default `'Authorization'`. */
  header?: string | undefined;
  /**
   * The time in milliseconds before expiry at which the source reconnects with a fresh token. No event is lost or
   * repeated. A token with less than twice this time to live is renewed at half of its remaining life. Default 30,000.
   * Needs `expiresAt`, or a JWT with `exp`. Only a `GET` with a last event ID is renewed, and only if `token` is a function.
   */
  renewBefore?: number | undefined;
}

/** A token with its times in milliseconds since 1970, as far as they are known. */
export interface ExpiringToken {
  readonly token: string;
  readonly expiresAt: number | undefined;
  readonly issuedAt: number | undefined;
}

/** What the sources of one provider share. */
interface ProviderState {
  /** The refresh in progress. Resolves to whether there are other credentials. */
  running?: Promise<boolean> | undefined;
  /** The latest token that the provider returned. */
  issued?: string | undefined;
  /** How many refreshes have succeeded. */
  refreshes: number;
}

const providers = new WeakMap<object, ProviderState>();

/** The credentials of one source. */
export class Credentials {
  readonly #provider: Provider;
  readonly #shared: ProviderState;
  /** The token of the latest attempt. */
  latest: ExpiringToken | undefined;
  /** How many refreshes had succeeded when that token was requested. */
  #refreshes = 0;

  constructor(provider: Provider) {
    this.#provider = provider;
    this.#shared = providers.get(provider) ?? { refreshes: 0 };
    providers.set(provider, this.#shared);
  }

  /** Returns the token of an attempt, if there is one, and whether the attempt before had another token. */
  async request(context: AttemptContext): Promise<{ token: ExpiringToken | undefined; isNew: boolean }> {
    const { token: source } = this.#provider;
    const { latest, refreshes } = { latest: this.latest, refreshes: this.#shared.refreshes };
    const token = toToken(typeof source === 'function' ? await source.call(this.#provider, context) : source);
    this.#shared.issued = token?.token;
    this.#refreshes = refreshes;
    this.latest = token;
    return { token, isNew: token?.token !== latest?.token || token?.expiresAt !== latest?.expiresAt };
  }

  /**
   * Replaces rejected credentials. Returns whether to send the request again.
   *
   * 1. If a refresh is in progress, its result counts.
   * 2. If the token was replaced since, there is nothing to do.
   * 3. Otherwise the provider is called.
   */
  async refresh(context: AttemptContext): Promise<boolean> {
    const shared = this.#shared;
    if (shared.running !== undefined) return shared.running;
    const isReplaced = shared.refreshes !== this.#refreshes || shared.issued !== this.latest?.token;
    if (isReplaced || !this.hasRefresh) return true;
    shared.running = (async () => (await this.#provider.onUnauthorized!(context)) !== false)();
    try {
      const isRefreshed = await shared.running;
      if (isRefreshed) shared.refreshes++;
      return isRefreshed;
    } finally {
      shared.running = undefined;
    }
  }

  /** Whether `onUnauthorized` is given, which obtains other credentials. */
  get hasRefresh(): boolean {
    return Boolean(this.#provider.onUnauthorized);
  }
}

/** Checks what a provider returned. */
function toToken(value: unknown): ExpiringToken | undefined {
  if (value === undefined || value === null) return undefined;
  const { token, expiresAt } = (typeof value === 'string' ? { token: value } : value) as {
    token?: unknown;
    expiresAt?: unknown;
  };
  if (typeof token !== 'string') {
    throw new TypeError('The token provider returned another type. Return a string, { token, expiresAt }, or nothing.');
  }
  const { exp, iat } = claimsOf(token);
  if (expiresAt === undefined || expiresAt === null) return { token, expiresAt: exp, issuedAt: iat };
  const time = Number(expiresAt);
  if (Number.isNaN(time)) throw new TypeError('`expiresAt` must be a Date or milliseconds since 1970');
  return { token, expiresAt: time, issuedAt: iat };
}

/** Reads the times of a JWT (RFC 7519 §4.1). They are not trusted: they only determine when to fetch a fresh token. */
function claimsOf(token: string): { exp?: number | undefined; iat?: number | undefined } {
  const [, claims, ...rest] = token.split('.');
  if (rest.length !== 1) return {};
  try {
    const { exp, iat } = JSON.parse(atob(claims!.replaceAll('-', '+').replaceAll('_', '/')));
    return { exp: milliseconds(exp), iat: milliseconds(iat) };
  } catch {
    return {};
  }
}

function milliseconds(seconds: unknown): number | undefined {
  return typeof seconds === 'number' ? seconds * 1000 : undefined;
}
