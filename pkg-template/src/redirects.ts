import { headerEntries } from './headers.ts';

/** The limit of Fetch ("HTTP-redirect fetch"). */
const MAX_REDIRECTS = 20;

/** Headers that describe a body, and are dropped with it. */
const BODY_HEADERS = ['content-encoding', 'content-language', 'content-location', 'content-type'];

/** A function that sends requests: the global `fetch`, or the caller's. */
export type SendRequest = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Sends a request with `redirect: 'manual'`, and follows redirects as long as they stay within the origin.
 *
 * Browsers hide the target of such a redirect. There, and for a target in another origin, this returns the response
 * that redirects. Node, Deno, Bun and edge runtimes show the target.
 */
export async function followWithinOrigin(fetch: SendRequest, url: string, init: RequestInit): Promise<Response> {
  let request = { url, init };
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(request.url, request.init);
    const target = targetWithin(request.url, response);
    if (target === undefined) return response;
    // The server waits until the body is read or cancelled.
    response.body?.cancel().catch(() => {});
    if (redirects === MAX_REDIRECTS) {
      throw new TypeError(`The server redirects more than ${MAX_REDIRECTS} times. Use the final URL.`);
    }
    request = { url: target, init: redirected(request.init, response.status) };
  }
}

/** Returns where the response redirects, if that is visible and in the same origin. */
function targetWithin(url: string, response: Response): string | undefined {
  // The caller's `fetch` may return anything.
  if (![301, 302, 303, 307, 308].includes(response?.status)) return undefined;
  const location = response.headers.get('Location');
  const target = location !== null && URL.canParse(location, url) ? new URL(location, url) : undefined;
  const isWithin = target?.origin === new URL(url).origin && !target.username && !target.password;
  return isWithin ? target.href : undefined;
}

/** Returns the request after a redirect of this status, by the rules of Fetch. */
function redirected(init: RequestInit, status: number): RequestInit {
  const method = init.method ?? 'GET';
  if (init.body instanceof ReadableStream && status !== 303) {
    throw new TypeError(
      'The server redirects a request whose body is a stream, which can be sent only once. Use the final URL.',
    );
  }
  const becomesGet = status === 303 ? !['GET', 'HEAD'].includes(method) : status < 303 && method === 'POST';
  if (!becomesGet) return init;
  const kept = headerEntries(init.headers).filter(([name]) => !BODY_HEADERS.includes(name.toLowerCase()));
  const { body: _body, duplex: _duplex, ...rest } = init as RequestInit & { duplex?: string };
  return { ...rest, method: 'GET', headers: Object.fromEntries(kept) };
}
