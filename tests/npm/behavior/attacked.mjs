// A client that is attacked, while an honest source beside it must not notice. Runs in Node and, as
// text, in a page: it knows nothing but its arguments and the global class AuthenticatedEventSource.

/** Gives what happened.
 *  @param end what ends the attack: `fatal`, `error`, or a number of events */
export async function attacked([attacker, honest, end]) {
  const retry = { initialDelay: 100, maxDelay: 100, jitter: 'none' };
  let longestPause = 0;
  const bystander = new AuthenticatedEventSource(honest, { retry });
  await new Promise((resolve) => {
    bystander.onmessage = resolve;
  });
  let last = performance.now();
  bystander.onmessage = () => {
    const now = performance.now();
    longestPause = Math.max(longestPause, now - last);
    last = now;
  };
  const source = new AuthenticatedEventSource(attacker, { auth: 'secret-token', retry });
  let events = 0;
  const failure = await new Promise((resolve) => {
    source.onmessage = () => {
      events += 1;
      if (`${events}` === end) resolve();
    };
    source.onerror = ({ reason, error: { code }, message, willRetry }) => {
      if (end === 'error' || !willRetry) resolve({ reason, code, message, willRetry });
    };
  });
  // The honest one must still be alive when all is over.
  await new Promise((resolve) => {
    bystander.addEventListener('message', resolve, { once: true });
  });
  source.close();
  bystander.close();
  return { ...failure, events, longestPause };
}
