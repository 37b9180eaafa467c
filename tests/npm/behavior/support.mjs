// What the tests of the rows share: a server that misbehaves by script and keeps a log, and a
// source that remembers what it fired. No test sleeps to let something happen: it waits for the
// log, or for an event; only "nothing more came" is a wait, and a bounded one.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { startFixture } from '../../lib/fixture.mjs';

export const PACKAGE = process.env.PACKAGE;
export const { AuthenticatedEventSource, EventSourceError, EventStreamDecoderStream, EventStreamParser, events } =
  await import(pathToFileURL(join(PACKAGE, 'dist/index.js')));

/** Starts the server for a file of tests. */
export const fixture = await startFixture('--port', '0', '--fault-port', '0');
after(() => fixture.stop());

/** How long anything may take before a test gives up; never a measure of speed. */
export const PATIENCE = 15_000;
/** How long nothing must come before a test believes that nothing will. */
export const QUIET = 400;

/** Stores a script: the n-th request gets the n-th response, later ones the last again. */
export async function script(responses, members = {}) {
  return stored({ responses, record_authorization: true, ...members });
}

/** Stores a preset under an address of its own. */
export async function preset(name, params = {}) {
  return stored({ preset: name, params, record_authorization: true });
}

async function stored(submission) {
  const answer = await fetch(`${fixture.faults}/fault/script`, { method: 'POST', body: JSON.stringify(submission) });
  const stored = await answer.json();
  assert.equal(answer.status, 200, stored.error);
  return new Script(fixture.faults + stored.url);
}

export class Script {
  constructor(url) {
    this.url = url;
  }

  /** The requests, once there were `count`. */
  async requests(count) {
    const { satisfied, requests } = await this.#log(`wait=${count}&timeout=${PATIENCE}`);
    assert.ok(satisfied, `${count} requests were to come, ${requests.length} came`);
    return requests;
  }

  /** The requests, once `count` of them have ended. */
  async ended(count) {
    const { satisfied, requests } = await this.#log(`ended=${count}&timeout=${PATIENCE}`);
    assert.ok(satisfied, `${count} requests were to end`);
    return requests;
  }

  /** All requests: exactly so many came, and no more within `quiet`. */
  async exactly(count, quiet = QUIET) {
    await this.requests(count);
    const { satisfied, requests } = await this.#log(`wait=${count + 1}&timeout=${quiet}`);
    assert.ok(!satisfied, `only ${count} requests were to come, ${requests.length} did`);
    return requests;
  }

  async preflights() {
    return (await this.#log('')).preflights;
  }

  async #log(query) {
    return (await fetch(`${this.url}/log?${query}`)).json();
  }

  /** Ends what is open: in order, or by a reset (`rst`). */
  async close(how = 'fin') {
    await fetch(`${this.url}/close?how=${how}`, { method: 'POST' });
  }
}

/** A response that streams this text. */
export const stream = (text, ...steps) => ({ steps: [...(text ? [{ text }] : []), ...steps] });
/** … and stays open. */
export const open = (text) => stream(text, { hang: true });
/** … and ends in order. */
export const ended = (text) => stream(text);
/** … and breaks off. With a length, since some versions of Node take a broken chunked body for a whole one. */
export const broken = (text) => ({ framing: { length: 1_000_000 }, ...stream(text, { sleep_ms: 100 }, { rst: true }) });
/** A response of that status. */
export const status = (code, headers = {}) => ({ status: code, headers });
/** A connection that is reset before any response. */
export const dead = { framing: 'raw', steps: [{ rst: true }] };
/** A connection that never answers. */
export const mute = { framing: 'raw', steps: [{ hang: true }] };

/** Waits short enough for tests, and the same each time. */
export const QUICK = { initialDelay: 100, maxDelay: 100, jitter: 'none' };

/** Keeps the thread busy. */
export function spin(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Opens a source that is closed when the test ends, and remembers what it fired. */
export function connect(t, script, options = {}, Source = AuthenticatedEventSource) {
  const given = typeof options === 'string' ? options : { retry: QUICK, ...options };
  return watch(t, new Source(script.url ?? script, given));
}

/** Remembers what a source fires, in `fired`; `source.until(n, type)` waits for the n-th of a type. */
export function watch(t, source, ...types) {
  t.after(() => source.close());
  const fired = [];
  const waiting = new Set();
  const note = (event) => {
    fired.push(event);
    for (const check of waiting) check();
  };
  for (const type of ['open', 'message', 'error', 'close', ...types]) source.addEventListener(type, note);
  const of = (type) => fired.filter((event) => event.type === type);
  const until = (count, type) =>
    within(`${count} × ${type} (so far: ${fired.map(describe).join(', ')})`, (resolve) => {
      const check = () => of(type).length >= count && (waiting.delete(check), resolve(of(type)[count - 1]));
      waiting.add(check);
      check();
    });
  return Object.assign(source, { fired, of, until });
}

const describe = ({ type, data, message }) => `${type} ${data ?? message ?? ''}`;

/** Like a promise, with an end to patience. */
export function within(what, executor, patience = PATIENCE) {
  let timer;
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no sign of ${what} in ${patience} ms`)), patience);
  });
  return Promise.race([new Promise(executor), deadline]).finally(() => clearTimeout(timer));
}

export const data = (source, type = 'message') => source.of(type).map((event) => event.data);

/** The tokens that the server saw, in order; `null` where there was none. */
export const tokens = (requests) => requests.map(({ authorization }) => authorization?.value ?? null);
/** The values of `Last-Event-ID` that the server saw. */
export const cursors = (requests) => requests.map((request) => request.last_event_id);
/** The milliseconds between the requests. */
export const waits = (requests) => requests.slice(1).map(({ at_ms }, index) => at_ms - requests[index].at_ms);
/** A header of a request. */
export const header = (request, name) => request.headers.find(([key]) => key.toLowerCase() === name)?.[1];

/** That the wait was at least so long, and not absurdly longer. The machine may be busy. */
export function assertWait(wait, least, most = least + 8_000) {
  assert.ok(wait >= least - 2 && wait <= most, `waited ${wait} ms, not between ${least} and ${most}`);
}

/** A JSON Web Token that nobody signed. */
export function jwt(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.c2lnbmF0dXJl`;
}
