// The messages of errors: what happened, and then what to do.
import type { Reason } from './errors.ts';

import {
  DETAIL_CORS_UNKNOWN,
  DETAIL_ID_NOT_SENDABLE,
  DETAIL_ID_TOO_LONG,
  DETAIL_MIXED_CONTENT,
  DETAIL_RESUME_REFUSED,
} from './protocol.ts';

/** What a message may mention. It contains no header value except `type`. */
export interface MessageFacts {
  reason: Reason;
  /** 0 if there was no response. */
  status: number;
  /** `DETAIL_…` */
  detail: number;
  /** `Content-Type` of the response, without secrets. */
  type: string;
  /** How long nothing arrived, in seconds. */
  silence: number;
  /** The problem of the credentials that were sent, if there is one. */
  authProblem: string | undefined;
  /** How many sources of this page use the origin of the URL. */
  sources: number;
  /** The URL without user name, password, query and fragment. */
  url: string;
}

/** Returns the message of a failure. */
export function messageOf({ reason, status, detail, type, silence, authProblem, sources, url }: MessageFacts): string {
  const texts: Partial<Record<Reason, string>> = {
    network: `The server could not be reached, or the connection broke. Check the server${
      detail === DETAIL_CORS_UNKNOWN ? ' and its CORS headers: an isolated page cannot tell them apart' : ''
    }.`,
    timeout: `No response headers arrived in ${silence} s. ${
      sources > 1
        ? `The browser's limit is likely: ${sources} sources use this origin, and HTTP/1.1 allows six. Use \`./shared\` or HTTP/2.`
        : 'Check the server, turn off compression, or raise `connectTimeout`.'
    }`,
    stalled: `The stream was silent for ${silence} s. Send a comment every 15 s, or raise \`heartbeatTimeout\`.`,
    mute: `No byte of the stream arrived in ${silence} s. Turn off compression and buffering (\`X-Accel-Buffering: no\`).`,
    end: 'The server ended the stream. Keep it open, or answer 204.',
    status: `The server answered with status ${status}. ${
      detail === DETAIL_ID_TOO_LONG
        ? 'The last event ID may be too long: send shorter IDs, or set `lastEventIdParam`.'
        : 'Check the URL and `error.body`.'
    }`,
    'no-content': 'The server answered 204. Create a new source to connect again.',
    'content-type': `The response ${type ? `is \`${type}\`` : 'has no `Content-Type`'}, not \`text/event-stream\`. ${
      /^text\/html/i.test(type) ? 'It looks like a login page: check the session and' : 'Check'
    } the URL.`,
    redirect:
      "The server redirects a request with credentials, custom headers or a body. Use the final URL, or `redirectPolicy: 'follow'`.",
    unauthorized: `The server refused the credentials (${status}). ${authProblem ?? 'Sign in again, or set `auth.onUnauthorized`.'}`,
    auth: 'The token or header provider failed or was too slow. See `error.cause`.',
    cors:
      detail === DETAIL_RESUME_REFUSED
        ? 'CORS refuses each reconnect. List `Last-Event-ID` in `Access-Control-Allow-Headers`, or set `lastEventIdParam`.'
        : 'CORS refuses the response. Check the path, and that errors such as 401 have CORS headers too. Send `Access-Control-Allow-Origin`, and list `Authorization` and custom headers in `Access-Control-Allow-Headers`.',
    'too-large': 'An event or a line is larger than `maxEventSize`. Raise it if you trust the server.',
    request:
      detail === DETAIL_MIXED_CONTENT
        ? 'The browser blocks mixed content. Use an HTTPS URL.'
        : detail === DETAIL_ID_NOT_SENDABLE
          ? 'The last event ID contains control characters. Send other IDs, or set `lastEventIdParam`.'
          : 'The request is not valid. Check the URL, token and headers.',
  };
  return `${texts[reason]} URL: ${url}`;
}

/**
 * Returns what is wrong with credentials that the server refused. It repeats no part of them.
 *
 * `value`: the value of the header `name` that was sent.
 */
export function authProblemOf(value: string | null, name: string): string | undefined {
  if (!value) return `No \`${name}\` header was sent. Return a token, or sign in again.`;
  const [scheme, token] = value.toLowerCase().split(/ +/);
  if (token === undefined)
    return name === 'Authorization'
      ? 'The `Authorization` header has no scheme. Write `Bearer` before the token.'
      : undefined;
  if (token === scheme) return 'The scheme was sent twice. Pass the token without `Bearer`.';
  return /^(undefined|null|\[object)$/.test(token) ? 'The token is `undefined`. Wait for it.' : undefined;
}

export const NOT_A_RESPONSE = 'The `fetch` option returned no `Response`. Return one.';
export const NOT_READABLE =
  'The `body` of the response is missing, locked, or not a web stream of bytes. Return a new `Response`.';
