/**
 * Returns the time of the monotonic clock in milliseconds, or wall time where there is no such clock. The functions are
 * looked up at each call, because tests may replace them.
 */
export function monotonic(): number {
  return (globalThis.performance ?? Date).now();
}
