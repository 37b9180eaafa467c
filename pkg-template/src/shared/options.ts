// The option `shared`, and the name of a group.
import type { ResolvedOptions } from '../options.ts';
import { settingsOf } from '../settings.ts';
import type { SourceController } from '../source-controller.ts';

const LEADER_TIMEOUT = 10_000;

/**
 * The version of the messages between tabs, of the records and of the election. Raise it with every change, because tabs
 * with two versions of this package may be open at the same time. They do not share a connection.
 */
const PROTOCOL = 1;

/** The sources that share a connection. */
export interface SharedOptions {
  /**
   * Identifies the user, and everything else that the credentials and headers determine. Only sources with the same key,
   * URL and options share a connection. Tokens are never sent to other tabs, so the key cannot be derived from them.
   * Required with `auth`, `token` or `headers`. It is not published.
   */
  key?: string;
  /**
   * The time in milliseconds (above 0, finite) after which a silent leading tab is pinged. If it does not answer within the same
   * time, another tab takes over. Default 10,000. Any other value throws a `TypeError`.
   */
  leaderTimeout?: number;
}

/** The option `shared`, checked. */
export interface ResolvedSharing {
  key: string | undefined;
  leaderTimeout: number;
}

/** Checks the option `shared`. */
export function readShared({ shared, auth, request }: ResolvedOptions): ResolvedSharing | undefined {
  if (!shared) return undefined;
  const { key, leaderTimeout = LEADER_TIMEOUT } = shared as SharedOptions;
  if (key === undefined && (auth.hasAuth || request.hasHeaders)) {
    throw new TypeError(
      'Tokens and headers never go to other tabs, so they cannot show which tabs belong together. ' +
        'Pass a `key` in `shared` that names the user.',
    );
  }
  if (key !== undefined && (typeof key !== 'string' || key === '')) {
    throw new TypeError('`shared.key` is not a string, or is empty. Pass a name of the user.');
  }
  if (!(leaderTimeout > 0 && leaderTimeout < Infinity))
    throw new TypeError('`shared.leaderTimeout` must be a positive, finite number');
  return { key, leaderTimeout: Number(leaderTimeout) };
}

/** Returns whether all tabs would send the same request, and the platform has what a group needs. */
export function isShareable(
  sharing: ResolvedSharing | undefined,
  { request }: ResolvedOptions,
): sharing is ResolvedSharing {
  const { navigator, BroadcastChannel, crypto } = globalThis;
  const isAble = navigator?.locks && BroadcastChannel && crypto?.subtle;
  return Boolean(sharing && isAble && request.isGet && !request.body && !request.fetch);
}

/** Returns the name of a group. It is a digest, because the URL may contain what other scripts must not read. */
export async function nameOf(controller: SourceController, key: string | undefined): Promise<string> {
  const { url, options } = controller;
  const { request, limits, openWhenHidden, until } = options;
  const settings = settingsOf(options, controller);
  const requested = [
    url,
    key,
    request.init,
    request.lastEventIdParam,
    openWhenHidden,
    limits.maxEventSize,
    settings,
    until,
  ];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(requested)));
  return `authenticated-event-source/${PROTOCOL} ${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
