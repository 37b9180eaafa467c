// Clients in a tab, in its dedicated worker and in the shared worker of its origin.
import { AuthenticatedEventSource } from './dist/index.js';
import { openClients } from './client.mjs';

/** A worker as a function that asks it and waits for the answer. */
function asking(port) {
  let queue = Promise.resolve();
  return (...question) => {
    const answer = () =>
      new Promise((resolve) => {
        port.onmessage = ({ data }) => resolve(data);
        port.postMessage(question);
      });
    queue = queue.then(answer);
    return queue;
  };
}

const dedicated = asking(new Worker('worker.mjs', { type: 'module' }));
const shared = asking(new SharedWorker('worker.mjs', { type: 'module' }).port);
let tab;

/** Opens clients in all three places. */
globalThis.open3 = async ({ inTab, inWorker, inShared }) => {
  tab = openClients(AuthenticatedEventSource, inTab);
  await Promise.all([dedicated('open', inWorker), shared('open', inShared)]);
};
globalThis.state3 = async (end) => {
  const states = await Promise.all([tab.state(end), dedicated('state', end), shared('state', end)]);
  const sum = (member) => states.reduce((total, state) => total + state[member], 0);
  return { open: sum('open'), arrived: sum('arrived') };
};
globalThis.report3 = async () => (await Promise.all([tab.report(), dedicated('report'), shared('report')])).flat();
globalThis.isReady = true;

/** Opens the clients of the address, and reports their state to an address, for a page without an inspector. */
const reportForever = async ({ tellTo, ...clients }) => {
  await open3(clients);
  for (;;) {
    const body = JSON.stringify({ ...(await state3('')), ledgers: await report3() });
    await fetch(tellTo, { method: 'POST', mode: 'no-cors', body }).catch(() => {});
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
  }
};
const alone = new URLSearchParams(location.search).get('alone');
if (alone) void reportForever(JSON.parse(alone));

/** A source over numbered log lines; what was lost or repeated is counted. */
globalThis.numberedLines = { last: 0, lost: 0, repeated: 0, gaps: 0, connections: 0 };
globalThis.readNumberedLines = (url, ttl) => {
  const token = async () => {
    const body = JSON.stringify({ user: 'reader', ttl });
    const answer = await fetch(`${url}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return (await answer.json()).token;
  };
  const source = new AuthenticatedEventSource(`${url}/logs`, {
    auth: { token, renewBefore: 2000 },
    retry: { maxDelay: 2000 },
  });
  source.addEventListener('open', () => {
    numberedLines.connections += 1;
  });
  source.addEventListener('gap', () => {
    numberedLines.gaps += 1;
  });
  source.addEventListener('message', ({ data }) => {
    const number = Number(/^line (\d+)$/.exec(data)?.[1]);
    if (!number) return;
    if (number <= numberedLines.last) numberedLines.repeated += 1;
    else if (numberedLines.last > 0) numberedLines.lost += number - numberedLines.last - 1;
    numberedLines.last = number;
  });
};
