// One client of the package under test. Runs in pages, in workers and in Node.
import { Ledger } from './ledger.mjs';

/** Opens a stream from the earliest event on and keeps its ledger.
 *  @param Source the class AuthenticatedEventSource
 *  @param name also the user who logs in
 *  @param renews whether it renews its token in time; if not, a 401 ends the token */
function openClient(Source, { url, name, ttl, renews, heartbeat, maxDelay }) {
  const ledger = new Ledger(name);
  let lost;
  let kept;
  // Called first in each attempt.
  const attempted = ({ cause }) => {
    if (cause === 'retry' && lost) ledger.returned({ ...lost, attempted_at: Date.now() });
    lost = undefined;
  };
  const inTime = async (context) => {
    attempted(context);
    const { token, expires_at } = await logIn(url, name, ttl);
    return { token, expiresAt: expires_at * 1000 };
  };
  const untilRefused = async (context) => {
    attempted(context);
    kept ??= (await logIn(url, name, ttl)).token;
    return { token: kept, expiresAt: Date.now() + 86_400_000 };
  };
  const onUnauthorized = () => {
    kept = undefined;
  };
  const source = new Source(`${url}/events`, {
    auth: renews ? { token: inTime, renewBefore: 2000 } : { token: untilRefused, onUnauthorized },
    lastEventId: 'earliest',
    heartbeatTimeout: heartbeat,
    retry: { maxDelay },
  });
  source.addEventListener('update', (event) => ledger.event(event));
  source.addEventListener('gap', (event) => ledger.gap(event));
  source.addEventListener('open', () => {
    ledger.connections += 1;
  });
  source.addEventListener('connectionclose', ({ reason }) => {
    ledger.stopped ??= reason;
  });
  source.addEventListener('error', ({ reason, willRetry, message, attempt }) => {
    ledger.failed(reason);
    if (!willRetry) ledger.stopped = message;
    lost = { lost_at: Date.now(), base: source.reconnectionTime, retry: attempt };
  });
  return { source, ledger };
}

async function logIn(url, user, ttl) {
  const body = JSON.stringify({ user, ttl });
  const answer = await fetch(`${url}/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!answer.ok) throw new Error(`login: ${answer.status}`);
  return answer.json();
}

/** Opens clients, and answers as the native ones do: how many are open, how many have the id. */
export function openClients(Source, settings) {
  const clients = settings.map((each) => openClient(Source, each));
  return {
    state: (end) => ({
      open: clients.filter(({ source }) => source.readyState === 1).length,
      arrived: clients.filter(({ ledger }) => ledger.last === end).length,
    }),
    report: () => clients.map(({ ledger }) => structuredClone({ ...ledger })),
    close() {
      for (const { source } of clients) source.close();
    },
  };
}
