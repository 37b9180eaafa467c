import { EventSourceError } from './errors.ts';

/** What the page's Content-Security-Policy may forbid, and what to do about it. */
export const ADDRESS = 'this address: add it to connect-src';
export const WEBASSEMBLY = "WebAssembly: add 'wasm-unsafe-eval' to script-src";

export function forbidden(what, cause) {
  return new EventSourceError(`the page's Content-Security-Policy forbids ${what}`, { reason: 'csp', cause });
}

/** Calls `refused` when the policy has forbidden this address: to `fetch` that looks like a dead network. */
export function watchPolicy(url, signal, refused) {
  globalThis.addEventListener?.('securitypolicyviolation', ({ disposition, effectiveDirective, blockedURI }) => {
    // An image or a frame may have the same address. Some engines name the directive that stands in for another.
    if (disposition !== 'enforce' || !/^(connect|default)-src$/.test(effectiveDirective)) return;
    // Without queries: a policy does not look at them, and ours may have the last event ID.
    if (blockedURI.split('?')[0] === url.split(/[?#]/)[0]) refused();
  }, { signal });
}
