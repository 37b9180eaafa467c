import { AuthenticatedEventSource } from 'authenticated-event-source';
import { Ledger } from './ledger.js';

const shown = (id) => document.getElementById(id);
const ledger = new Ledger();
let connections = 0;

const source = new AuthenticatedEventSource('/events', { auth: logIn });
source.addEventListener('metrics', showMetrics);
source.addEventListener('notification', showNotification);
source.addEventListener('open', () => {
  shown('state').textContent = 'open';
  shown('reconnects').textContent = connections++;
});
source.addEventListener('error', ({ message, willRetry, retryIn }) => {
  const next = willRetry ? `again in ${(retryIn / 1000).toFixed(1)} s` : 'closed';
  shown('state').textContent = `${message} (${next})`;
});

/** Asked again for every attempt, so that a restarted server gets a token of its own. */
async function logIn() {
  const response = await fetch('/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: 'visitor' }),
  });
  if (!response.ok) throw new Error(`the login answered ${response.status}`);
  const { token } = await response.json();
  return token;
}

function showMetrics(event) {
  const { cpu, memory, activeUsers } = JSON.parse(event.data);
  shown('cpu').textContent = `${cpu.toFixed(1)} %`;
  shown('memory').textContent = `${memory.toFixed(0)} MiB`;
  shown('users').textContent = activeUsers;
  count(event);
}

function showNotification(event) {
  const item = document.createElement('li');
  item.textContent = JSON.parse(event.data).message;
  shown('notifications').prepend(item);
  shown('notifications').children[20]?.remove();
  count(event);
}

function count({ lastEventId }) {
  ledger.enter(lastEventId);
  for (const figure of ['received', 'lost', 'twice']) shown(figure).textContent = ledger[figure];
  shown('last-event-id').textContent = lastEventId;
}
