// Runs the cases, in a page or in a worker of any kind. One script for all of them: it finds out
// where it is, and answers each order.
import * as close from './cases/close.mjs';
import * as constructors from './cases/constructor.mjs';
import * as events from './cases/events.mjs';
import * as interfaces from './cases/interface.mjs';
import * as lastEventId from './cases/last-event-id.mjs';
import * as reconnect from './cases/reconnect.mjs';
import * as redirects from './cases/redirects.mjs';
import * as request from './cases/request.mjs';
import * as response from './cases/response.mjs';
import * as vectors from './cases/vectors.mjs';
import { readAuthenticatedStream } from '../install/scenario.mjs';
import { Stage } from './stage.mjs';

const GROUPS = [interfaces, constructors, request, redirects, response, events, reconnect, lastEventId, close, vectors];
/** Cases that run at once; each has a few connections, and browsers allow six to a server. */
const AT_ONCE = 3;
/** A case that has not ended by now never will. */
const DEADLINE = 60_000;

/** Makes this global able to run the cases on `clients`, an object of classes by name, and to read an
 *  authenticated stream through `Authenticated`. */
export function install(clients, Authenticated) {
  globalThis.tested = clients;
  const work = {
    cases: runHere,
    stream: ({ url }) => readAuthenticatedStream(Authenticated, url),
  };
  if (globalThis.document) {
    const run = (name) => (kind, order) =>
      kind === 'window' ? work[name](order) : inWorker[kind]({ ...order, work: name });
    Object.assign(globalThis, { runCases: run('cases'), readStream: run('stream') });
  } else {
    answerOrders((order) => work[order.work](order));
  }
}

/** All cases, for one client: `{ section, name, error? }` of each. */
async function runHere({ client, servers, only = '', patience }) {
  const isWindow = Boolean(globalThis.document);
  const left = GROUPS.flatMap(({ section, cases, windowCases = {} }) =>
    Object.entries({ ...cases, ...(isWindow ? windowCases : {}) }).map(([name, run]) => ({ section, name, run })),
  ).filter(({ section, name }) => `${section}: ${name}`.includes(only));
  const results = left.map(({ section, name }) => ({ section, name }));
  let next = 0;
  const work = async () => {
    while (next < left.length) {
      const at = next++;
      results[at].error = await outcome(
        left[at].run,
        new Stage(globalThis.tested[client], servers, { client, patience }),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

async function outcome(run, stage) {
  let timer;
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${DEADLINE} ms`)), DEADLINE);
  });
  try {
    if (!stage.EventSource) throw new Error('there is no such class here');
    await Promise.race([(async () => run(stage))(), deadline]);
    return undefined;
  } catch (error) {
    return String(error?.message ?? error);
  } finally {
    clearTimeout(timer);
    await stage.end().catch(() => {});
  }
}

const script = globalThis.document?.currentScript?.src;

const inWorker = {
  dedicated: (order) => answerOf(new Worker(script), order),
  shared: (order) => answerOf(new SharedWorker(script).port, order),
  async service(order) {
    const registration = await navigator.serviceWorker.register(script);
    const worker = registration.active ?? registration.waiting ?? registration.installing;
    const heartbeat = setInterval(() => worker.postMessage('stay'), 5_000);
    try {
      return await answerOf(worker, order, navigator.serviceWorker);
    } finally {
      clearInterval(heartbeat);
      await registration.unregister();
    }
  },
};

function answerOf(worker, order, answers = worker) {
  return new Promise((resolve, reject) => {
    answers.onmessage = ({ data: { value, error } }) => (error ? reject(new Error(error)) : resolve(value));
    answers.start?.();
    answers.startMessages?.();
    worker.onerror = ({ message }) => reject(new Error(message ?? 'the worker did not start'));
    worker.postMessage(order);
  });
}

function answerOrders(run) {
  const answer = (event, to) => {
    // An engine ends a service worker that has nothing to do; each message gives it more time.
    if (event.data === 'stay') return;
    const done = run(event.data).then(
      (value) => to.postMessage({ value }),
      (error) => to.postMessage({ error: String(error) }),
    );
    event.waitUntil?.(done);
  };
  if ('onconnect' in globalThis) {
    globalThis.onconnect = ({ ports: [port] }) => {
      port.onmessage = (event) => answer(event, port);
    };
  } else {
    globalThis.onmessage = (event) => answer(event, event.source ?? globalThis);
  }
}
