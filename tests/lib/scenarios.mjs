// Plays the shared scenarios of ../scenarios.json through the class. ../wasm/scenarios.rs plays them through the crate.
// Runs in Node and in pages.
import { storeScript } from './fault-script.mjs';

/** The limit of a scenario, in milliseconds. It is no measure of speed. */
const PATIENCE = 30_000;

/** Retry delays that are short and always the same. */
const QUICK = { initialDelay: 100, maxDelay: 100, jitter: 'none' };

/** Returns the scenarios for an environment, with what differs in JavaScript on purpose. */
export function scenariosFor(scenarios, environment, engine) {
  return scenarios
    .filter(({ only, except }) => (only?.includes(environment) ?? true) && !except?.includes(engine))
    .map(({ javascript, ...scenario }) => ({ ...scenario, ...javascript }));
}

/** How many scenarios a page plays at once. Browsers allow six connections to an origin. */
const CONCURRENT = 3;

/**
 * Plays all scenarios for an environment whose name contains `only`. Returns how many, and those that took another course
 * than their file says.
 */
export async function playAll(scenarios, { environment, engine, only }, Source, faults, control) {
  const selected = scenariosFor(scenarios, environment, engine).filter(({ name }) => name.includes(only));
  const waiting = [...selected];
  const failures = [];
  const work = async () => {
    for (let scenario = waiting.shift(); scenario; scenario = waiting.shift()) {
      const course = await play(scenario, Source, faults, control).catch((error) => ({ error: String(error) }));
      const [expected, actual] = [course.expected, course.actual].map((facts) => JSON.stringify(facts));
      if (course.error || expected !== actual)
        failures.push({ name: scenario.name, expected, actual, error: course.error });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, work));
  return { played: selected.length, failures };
}

/** Plays one scenario. Returns the expected and the actual course, which must be equal. */
export async function play(scenario, Source, faults, control = faults) {
  const { responses, preflight } = scenario;
  const server = await storeScript({ responses, preflight }, faults, { control, patience: PATIENCE });
  const watched = { events: [], retried: [], outcome: 'closed', status: undefined, body: undefined };
  const aborting = new AbortController();
  let source;
  try {
    source = new Source(server.url, optionsOf(scenario, aborting.signal));
  } catch (error) {
    watched.outcome = error instanceof TypeError ? 'illegal' : String(error);
  }
  if (source) await limited(take(source, scenario, { server, aborting, watched }), scenario.name, watched);
  const { lastEventId } = source ?? {};
  // A source that is still open must send nothing more either.
  const seen = await server.exactly(scenario.requests.length);
  source?.close();
  const ends = scenario.requests.some((request) => request.ended_by) ? await server.ended(seen.length) : seen;
  // The script may refuse the preflight of this request.
  await server.forget().catch(() => {});
  return {
    expected: expectedOf(scenario),
    actual: {
      requests: scenario.requests.map((expected, index) => requestOf(expected, ends[index])),
      events: scenario.events.map((expected, index) => eventOf(expected, watched.events[index])),
      count: watched.events.length,
      retried: scenario.retried?.map((expected, index) => retryOf(expected, watched.retried[index])),
      retries: scenario.retried && watched.retried.length,
      position: scenario.position && lastEventId,
      status: scenario.status && watched.status,
      body: scenario.body && watched.body,
      outcome: watched.outcome,
    },
  };
}

function expectedOf({ requests, events, retried, position, status, body, outcome }) {
  const defaults = { last_event_id: null, authorization: null };
  return {
    requests: requests.map((request) => ({ ...defaults, ...request })),
    events,
    count: events.length,
    retried,
    retries: retried?.length,
    position,
    status,
    body,
    outcome,
  };
}

/** Takes the events of a source until the scenario is over. */
async function take(source, scenario, { server, aborting, watched }) {
  source.addEventListener('error', ({ reason, willRetry, retryIn }) => {
    if (willRetry) watched.retried.push({ reason, wait: retryIn });
  });
  // Leaving a `for await` would close the source.
  const loop = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value, done } = await loop.next();
      if (done) return;
      const { type, data, lastEventId: id } = value;
      const taken = watched.events.push({ type, data, id });
      if (taken === scenario.reset_after) await server.close('rst');
      if (taken === scenario.reconnect_after) source.reconnect();
      if (taken === scenario.close_after) source.close();
      if (taken === scenario.abort_after) aborting.abort();
      if (scenario.outcome === 'open' && taken === scenario.events.length) {
        watched.outcome = 'open';
        return;
      }
    }
  } catch (error) {
    watched.outcome = error.reason ?? 'aborted';
    watched.status = error.status;
    watched.body = error.body;
  }
}

function limited(work, name, watched) {
  let timer;
  const late = new Promise((_, reject) => {
    const error = () => new Error(`${name} is not over after ${PATIENCE / 1000} s: ${JSON.stringify(watched)}`);
    timer = setTimeout(() => reject(error()), PATIENCE);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Returns the options of the class. A method other than GET has the default policy. */
function optionsOf({ options: given = {}, abort_after }, signal) {
  const { tokens, refresh, refreshOn, lifetimes, renewBefore, providerFailures, shouldRetry, retry, ...rest } = given;
  const options = { ...rest };
  if (retry !== undefined || !given.method) options.retry = retry ?? QUICK;
  if (shouldRetry !== undefined) options.shouldRetry = async () => shouldRetry;
  if (abort_after) options.signal = signal;
  if (tokens) options.auth = providerOf({ tokens, refresh, refreshOn, lifetimes, renewBefore, providerFailures });
  return options;
}

/** Returns a provider whose tokens follow one another: with each refresh, or else with each call. */
function providerOf({ tokens, refresh, refreshOn, lifetimes, renewBefore, providerFailures = 0 }) {
  let [calls, refreshes, failures] = [0, 0, providerFailures];
  const provider = {
    refreshOn,
    renewBefore,
    token() {
      if (failures-- > 0) throw new Error('The provider has failed.');
      const index = Math.min(refresh ? refreshes : calls++, tokens.length - 1);
      return { token: tokens[index], expiresAt: lifetimes && Date.now() + lifetimes[index] };
    },
  };
  const outcomes = {
    succeeds: () => true,
    refuses: () => false,
    throws() {
      if (refreshes === 1) throw new Error('The refresh has failed.');
    },
  };
  if (refresh) {
    provider.onUnauthorized = async () => {
      refreshes++;
      return outcomes[refresh]();
    };
  }
  return provider;
}

/** Returns the members of a logged request that the scenario names. */
function requestOf(expected, request) {
  if (!request) return undefined;
  const { method, target, body, headers, last_event_id, authorization, ended } = request;
  const all = {
    last_event_id,
    authorization: authorization?.value ?? null,
    method,
    query: target.match(/\?.*$/)?.[0] ?? '',
    body,
    ended_by: ended?.by,
    headers: Object.fromEntries(
      headers
        .map(([name, value]) => [name.toLowerCase(), value])
        .filter(([name]) => Object.hasOwn(expected.headers ?? {}, name)),
    ),
  };
  return named(all, { last_event_id: null, authorization: null, ...expected });
}

/** An expected event is its data, or the members that it names. */
function eventOf(expected, event) {
  if (!event) return undefined;
  return typeof expected === 'string' ? event.data : named(event, expected);
}

function retryOf(expected, retry) {
  return retry && named(retry, expected);
}

function named(value, names) {
  return Object.fromEntries(Object.keys(names).map((name) => [name, value[name]]));
}
