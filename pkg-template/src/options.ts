const SECOND = 1000;
const MEBIBYTE = 2 ** 20;

/** The members of `RequestInit` that go to `fetch` as they are. */
const REQUEST_MEMBERS = [
  'cache', 'credentials', 'integrity', 'keepalive', 'mode', 'priority', 'redirect', 'referrer', 'referrerPolicy',
];

/** Reads the second argument of the constructor once, and checks it, so that a mistake shows
 *  where it was made and not at the first reconnect. */
export function readOptions(init, isNative) {
  const given = typeof init === 'string' && !isNative ? { auth: init } : (init ?? {});
  if (Object(given) !== given) throw new TypeError('`init` must be an object');
  const requestInit = readRequest(given);
  const method = readMethod(given, requestInit);
  const retry = readRetry(given.retry ?? (isNative ? 'spec' : undefined), method === 'GET');
  const auth = readAuth(given.auth ?? given.token, method === 'GET' || retry.isRetryGiven);
  if (given.body instanceof ReadableStream && (retry.isRetryGiven || auth.canRefresh)) {
    throw new TypeError('a stream as `body` can be sent only once: give a function that makes a new one');
  }
  return {
    ...retry,
    isNative,
    method,
    isGet: method === 'GET',
    mayProbe: method === 'GET' && given.redirect === undefined && !given.fetch,
    withCredentials: Boolean(given.withCredentials),
    requestInit,
    body: given.body,
    ...readHeaders(given.headers),
    ...auth,
    fetch: readFunction(given.fetch, 'fetch'),
    signal: readSignal(given.signal ?? undefined),
    lastEventId: readLastEventId(given.lastEventId),
    lastEventIdParam: given.lastEventIdParam === undefined ? undefined : String(given.lastEventIdParam),
    shouldRetry: readFunction(given.shouldRetry, 'shouldRetry'),
    connectTimeout: readNumber(given.connectTimeout, 'connectTimeout', (retry.isSpec ? 300 : 30) * SECOND),
    heartbeatTimeout: readHeartbeat(given.heartbeatTimeout, retry.isSpec),
    openWhenHidden: given.openWhenHidden ?? true,
    maxEventSize: Math.min(readNumber(given.maxEventSize, 'maxEventSize', retry.isSpec ? Infinity : 16 * MEBIBYTE), 2 ** 31),
    followsRedirects: readRedirectPolicy(given) === 'follow',
    parse: readParse(given.parse),
    shared: given.shared,
  };
}

function readMethod({ method: given = 'GET', body }, requestInit) {
  // `Request` normalises the method and refuses what is illegal, as the standard says.
  const { method } = new Request('https://localhost/', { ...requestInit, method: String(given) });
  if ((method === 'GET' || method === 'HEAD') && body !== undefined && body !== null) {
    throw new TypeError(`a ${method} request has no \`body\`: set \`method\`, for example to 'POST'`);
  }
  return method;
}

function readRequest(given) {
  const request = { cache: 'no-store' };
  for (const member of REQUEST_MEMBERS) {
    if (given[member] !== undefined) request[member] = given[member];
  }
  if (given.withCredentials) request.credentials = 'include';
  return request;
}

/** An explicit `redirect` takes precedence over the default policy, but not over an explicit policy. */
function readRedirectPolicy({ redirectPolicy, redirect }) {
  const policies = redirect === undefined ? ['same-origin', 'follow'] : ['follow', 'same-origin'];
  return readOneOf(redirectPolicy, 'redirectPolicy', policies);
}

/** A copy, made now: what is illegal throws here, and what the caller changes later is not ours.
 *  Some engines quote the value in their own message, and it may be a secret. */
export function toHeaders(init, name) {
  try {
    return new Headers(init);
  } catch {
    throw new TypeError(`\`${name}\` holds a header name or value that is not legal`);
  }
}

/** `headers` as a function that returns headers, or a promise of them. The value is read once: it may be an iterator. */
function readHeaders(headers) {
  if (typeof headers === 'function') return { headers, hasHeaders: true };
  const fixed = toHeaders(headers, 'headers');
  return { headers: () => fixed, hasHeaders: !fixed.keys().next().done };
}

function readAuth(auth, mayResend) {
  const provider = typeof auth === 'function' ? { token: auth } : auth;
  const isProvider = typeof provider === 'object' && provider !== null;
  const { scheme = 'Bearer', header = 'Authorization', renewBefore } = isProvider ? provider : {};
  const token = isProvider ? provider.token : (provider ?? undefined);
  if (!['function', 'string'].includes(typeof token) && (isProvider || token !== undefined)) {
    throw new TypeError('`auth` must be a token, a function that returns one, or an object with either as `token`');
  }
  toHeaders([[header, `${scheme} ${typeof token === 'string' ? token : ''}`]], 'auth');
  return {
    hasAuth: token !== undefined,
    // A fixed token is as good the second time as the first. And a request that must not be sent
    // twice is sent again only if the caller has spoken of it.
    canRefresh: typeof provider?.onUnauthorized === 'function' || (mayResend && typeof token === 'function'),
    provider: isProvider ? provider : { token },
    scheme: String(scheme),
    header: String(header),
    renewBefore: readNumber(renewBefore, 'auth.renewBefore', 30 * SECOND),
  };
}

function readRetry(retry, isGet) {
  const isSpec = retry === 'spec';
  if (!isSpec && !['undefined', 'object'].includes(typeof retry) && retry !== false) {
    throw new TypeError("`retry` must be an object of options, `false`, or 'spec'");
  }
  const given = typeof retry === 'object' && retry !== null ? retry : {};
  const isOff = retry === false || (retry === undefined && !isGet);
  const on = readOneOf(given.on, 'retry.on', ['always', 'error', 'never']);
  return {
    isSpec,
    // Whether the caller asked for the request to be sent again.
    isRetryGiven: retry !== undefined && retry !== false,
    // Zero would stay zero however often it is multiplied.
    initialDelay: Math.max(readNumber(given.initialDelay, 'retry.initialDelay', 3 * SECOND), 1),
    maxDelay: readNumber(given.maxDelay, 'retry.maxDelay', 30 * SECOND),
    multiplier: readNumber(given.multiplier, 'retry.multiplier', 2),
    hasJitter: readOneOf(given.jitter === false ? 'none' : given.jitter, 'retry.jitter', ['full', 'none']) === 'full',
    maxRetries: Math.min(readNumber(given.maxRetries, 'retry.maxRetries', Infinity), 2 ** 32 - 1),
    resetAfter: readNumber(given.resetAfter, 'retry.resetAfter', 5 * SECOND),
    retryOn: isOff ? 2 : ['always', 'error', 'never'].indexOf(on),
  };
}

function readHeartbeat(value, isSpec) {
  if (value === false || (value === undefined && isSpec)) return Infinity;
  if (value === undefined || value === 'auto') return 0;
  const timeout = readNumber(value, 'heartbeatTimeout');
  if (timeout === 0) throw new TypeError("`heartbeatTimeout` must be positive, 'auto', or `false` for never");
  return timeout;
}

function readSignal(signal) {
  if (signal && !signal.addEventListener) throw new TypeError('`signal` must be an AbortSignal');
  return signal;
}

function readLastEventId(value) {
  const id = value === undefined || value === null ? '' : String(value);
  if (/[\0\r\n]/.test(id)) throw new TypeError('`lastEventId` must not contain NUL, CR or LF');
  return id.toWellFormed?.() ?? id;
}

/** A function of `(data, event)`: `'json'`, the caller's own, or a Standard Schema over JSON. */
function readParse(parse) {
  if (parse === undefined || parse === null) return undefined;
  if (parse === 'json') return (data) => JSON.parse(data);
  const schema = parse['~standard'];
  if (schema) return (data) => validate(schema, JSON.parse(data));
  if (typeof parse === 'function') return parse;
  throw new TypeError("`parse` must be 'json', a function, or a Standard Schema");
}

function validate(schema, value) {
  const result = schema.validate(value);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new TypeError('`parse` needs a schema that validates at once, this one is asynchronous');
  }
  if (result.issues) {
    throw new TypeError(result.issues.map((issue) => issue.message).join('; '), { cause: result.issues });
  }
  return result.value;
}

export function readNumber(value, name, fallback) {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (Number.isNaN(number) || number < 0) {
    throw new TypeError(`\`${name}\` must be a number that is not negative`);
  }
  return number;
}

function readOneOf(value, name, names) {
  if (value === undefined) return names[0];
  if (!names.includes(value)) throw new TypeError(`\`${name}\` must be one of: ${names.join(', ')}`);
  return value;
}

export function readFunction(value, name) {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'function') throw new TypeError(`\`${name}\` must be a function`);
  return value;
}
