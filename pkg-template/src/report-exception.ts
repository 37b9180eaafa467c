/** Reports an exception of a callback in the same way as the platform reports an exception of a listener. */
export function report(thrown: unknown): void {
  if (typeof reportError === 'function') reportError(thrown);
  else
    queueMicrotask(() => {
      throw thrown;
    });
}
