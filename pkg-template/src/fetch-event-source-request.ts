import { toHeaders } from './options.ts';

const SECOND = 1000;

/** The URL, and the options of a source, that the two arguments of `fetchEventSource` stand for. */
export function readRequest(input, init) {
  const given = input instanceof Request ? { ...membersOf(input), ...defined(init) } : defined(init);
  const headers = readHeaders(input.headers, given.headers);
  const isGet = (given.method ?? 'GET').toUpperCase() === 'GET';
  return {
    url: input instanceof Request ? input.url : input,
    options: {
      ...given,
      ...headers,
      lastEventId: given.lastEventId ?? headers.lastEventId,
      // Other requests are sent again only if somebody asks for it: the page being shown does not.
      openWhenHidden: given.openWhenHidden ?? !isGet,
      retry: isGet && typeof (given.retry ?? {}) === 'object' ? { initialDelay: SECOND, ...given.retry } : given.retry,
      parse: undefined,
    },
  };
}

function defined(init) {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined && value !== null));
}

/** What a `Request` says, but for what it says by default. */
function membersOf(request) {
  // A copy, because a body can be read once, and the caller keeps the right to read it.
  const copy = request.clone();
  const members = { signal: request.signal };
  for (const name of ['method', 'credentials', 'integrity', 'keepalive', 'mode', 'referrer', 'referrerPolicy']) {
    members[name] = request[name];
  }
  if (request.cache !== 'default') members.cache = request.cache;
  if (request.redirect !== 'follow') members.redirect = request.redirect;
  if (!['GET', 'HEAD'].includes(request.method)) members.body = () => copy.clone().arrayBuffer();
  return members;
}

/** The headers of the `Request`, over them those of `init`; a `Last-Event-ID` is where to start. */
function readHeaders(under, over) {
  if (typeof over === 'function') {
    return { headers: async (context) => merge(under, await over(context)) };
  }
  const headers = merge(under, over);
  const lastEventId = headers.get('Last-Event-ID') ?? '';
  headers.delete('Last-Event-ID');
  return { headers, lastEventId };
}

function merge(under, over) {
  const headers = new Headers(under);
  for (const [name, value] of toHeaders(over, 'headers')) headers.set(name, value);
  return headers;
}
