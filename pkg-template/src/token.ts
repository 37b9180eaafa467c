/** The refresh under way of each provider: sources that share one are refused together, and
 *  refresh once. */
const refreshes = new WeakMap();

/** Runs the provider's `onUnauthorized`, or joins the run under way. */
export function singleFlight(provider, context, timeout) {
  const underWay = refreshes.get(provider);
  // A run that hangs must not keep all later ones from happening.
  if (underWay && Date.now() - underWay.since < timeout) return underWay.refresh;
  const refresh = Promise.resolve()
    .then(() => provider.onUnauthorized?.(context))
    .finally(() => {
      if (refreshes.get(provider)?.refresh === refresh) refreshes.delete(provider);
    });
  refreshes.set(provider, { refresh, since: Date.now() });
  return refresh;
}

/** `{ token, expiresAt }` of what a provider returned; `expiresAt` in milliseconds since 1970. */
export function toToken(given) {
  const { token, expiresAt } = typeof given === 'string' ? { token: given } : (given ?? {});
  if (typeof token !== 'string') {
    throw new TypeError('the token provider must return a string, or { token, expiresAt }');
  }
  if (expiresAt === undefined || expiresAt === null) return { token, expiresAt: expiryOf(token) };
  const time = Number(expiresAt);
  if (Number.isNaN(time)) throw new TypeError('`expiresAt` must be a Date or milliseconds since 1970');
  return { token, expiresAt: time };
}

/** The `exp` claim of a JWT (RFC 7519 §4.1.4). It is not trusted, it only says when to ask for a fresh token. */
function expiryOf(token) {
  const [, claims, ...rest] = token.split('.');
  if (rest.length !== 1) return undefined;
  try {
    const { exp } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
