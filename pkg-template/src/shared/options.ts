import { NUMBERS } from '../connection-loop.ts';

const LEADER_TIMEOUT = 10_000;

/** Checks the option `shared`. */
export function readShared({ shared, hasAuth, hasHeaders }) {
  if (!shared) return undefined;
  const { key, leaderTimeout = LEADER_TIMEOUT } = shared;
  if (key === undefined && (hasAuth || hasHeaders)) {
    throw new TypeError(
      '`shared` needs a `key` that names the user (and whatever else the credentials and headers say): '
        + 'tokens never go to other tabs, so who may share cannot be told from them',
    );
  }
  if (key !== undefined && (typeof key !== 'string' || key === '')) {
    throw new TypeError('`shared.key` must be a string that is not empty');
  }
  if (!(leaderTimeout > 0 && leaderTimeout < Infinity)) throw new TypeError('`shared.leaderTimeout` must be a positive, finite number');
  return { key, leaderTimeout: Number(leaderTimeout) };
}

/** Whether there is one request that all would make, and a way to agree on who makes it. */
export function isShareable({ shared, isGet, body, fetch }) {
  const { navigator, BroadcastChannel, crypto } = globalThis;
  const isAble = navigator?.locks && BroadcastChannel && crypto?.subtle;
  return Boolean(shared && isAble && isGet && !body && !fetch);
}

/** A name for what is asked for. As a digest, since a URL may hold what others shall not read. */
export async function nameOf(client) {
  const { url, shared, requestInit, lastEventIdParam, openWhenHidden, maxEventSize } = client;
  const settings = NUMBERS.map((name) => client[name]);
  const asked = [url, shared.key, requestInit, lastEventIdParam, openWhenHidden, maxEventSize, settings];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(asked)));
  return `authenticated-event-source ${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
