// Failures that the page's Content-Security-Policy causes.
import { listenUntil } from './abort-listeners.ts';
import { EventSourceError } from './errors.ts';

// What a Content-Security-Policy may forbid, and what to add to it.
export const ADDRESS = 'this address. Add it to connect-src.';
export const WEBASSEMBLY = "WebAssembly. Add 'wasm-unsafe-eval' to script-src.";

/** Returns the error of a source that the page's Content-Security-Policy stops. */
export function forbidden(what: string, cause?: unknown): EventSourceError {
  return new EventSourceError(`The page's Content-Security-Policy forbids ${what}`, { reason: 'csp', cause });
}

/**
 * Calls `refused` when the page's Content-Security-Policy forbids a request to `url`, until `signal` aborts. `fetch` itself
 * reports only a network error.
 */
export function watchPolicy(url: string, signal: AbortSignal, refused: () => void): void {
  const listener = ({ disposition, effectiveDirective, blockedURI }: SecurityPolicyViolationEvent): void => {
    // An image or a frame may have the same address. Some engines name the directive that `connect-src` falls back to.
    if (disposition !== 'enforce' || !/^(connect|default)-src$/.test(effectiveDirective)) return;
    // Compares without queries: a policy ignores them, and ours may contain the last event ID.
    if (blockedURI.split('?')[0] === url.split(/[?#]/)[0]) refused();
  };
  // Node.js has no global `addEventListener`.
  listenUntil(signal, globalThis, ['securitypolicyviolation'], listener);
}
