const start = performance.now();
const { AuthenticatedEventSource } = await import('./package/index.js');
const imported = performance.now() - start;

/** From the construction to the request. */
function requested() {
  const begun = performance.now();
  return new Promise((resolve) => {
    const fetch = () => {
      resolve(performance.now() - begun);
      return new Promise(() => {});
    };
    new AuthenticatedEventSource('http://localhost/', { auth: 'token', fetch });
  });
}

postMessage({ imported, requested: await requested(), again: await requested() });
