// Shared by the behavior tests: a fault server with a request log, and a source that records its
// events. No test sleeps to let something happen. It waits for the log or for an event. Only the
// proof that nothing more comes is a bounded wait.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { storeScript } from '../../lib/fault-script.mjs';
import { startFixture } from '../../lib/fixture.mjs';
import { within as limited } from '../../lib/wait.mjs';

export { broken, dead, ended, header, mute, open, Script, status, stream } from '../../lib/fault-script.mjs';

export const PACKAGE = process.env.PACKAGE;
export const { AuthenticatedEventSource, EventSourceError, EventStreamDecoderStream, EventStreamParser, events } =
  await import(pathToFileURL(join(PACKAGE, 'dist/index.js')));

/** Starts the server for a file of tests. */
export const fixture = await startFixture('--port', '0', '--fault-port', '0');
after(() => fixture.stop());

/** The limit of every wait, in milliseconds. It is no measure of speed. */
export const PATIENCE = 15_000;
/** Stores a script: the n-th request gets the n-th response, later requests get the last. */
export function script(responses, members = {}) {
  return storeScript({ responses, ...members }, fixture.faults, { patience: PATIENCE });
}

/** Stores a preset under an address of its own. */
export function preset(name, params = {}) {
  return storeScript({ preset: name, params }, fixture.faults, { patience: PATIENCE });
}

/** Retry delays that are short and always the same. */
export const QUICK = { initialDelay: 100, maxDelay: 100, jitter: 'none' };

/** Keeps the thread busy. */
export function spin(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Opens a source that records its events and closes when the test ends. */
export function connect(t, script, options = {}, Source = AuthenticatedEventSource) {
  const given = typeof options === 'string' ? options : { retry: QUICK, ...options };
  return watch(t, new Source(script.url ?? script, given));
}

/** Records the events of a source in `fired`. `source.until(n, type)` waits for the n-th event of a type. */
export function watch(t, source, ...types) {
  t.after(() => source.close());
  const fired = [];
  const waiting = new Set();
  const note = (event) => {
    fired.push(event);
    for (const check of waiting) check();
  };
  for (const type of ['open', 'message', 'error', 'connectionclose', ...types]) source.addEventListener(type, note);
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

/** Returns a promise that rejects after `patience` milliseconds. */
export const within = (what, executor, patience = PATIENCE) => limited(what, executor, patience);

export const data = (source, type = 'message') => source.of(type).map((event) => event.data);

/** The tokens that the server saw, in order; `null` where there was none. */
export const tokens = (requests) => requests.map(({ authorization }) => authorization?.value ?? null);
/** The values of `Last-Event-ID` that the server saw. */
export const cursors = (requests) => requests.map((request) => request.last_event_id);
/** The milliseconds between the requests. */
export const waits = (requests) => requests.slice(1).map(({ at_ms }, index) => at_ms - requests[index].at_ms);

/** Checks that a delay was long enough, and not absurdly longer. The machine may be busy. */
export function assertWait(wait, least, most = least + 8_000) {
  assert.ok(wait >= least - 2 && wait <= most, `waited ${wait} ms, not between ${least} and ${most}`);
}

/** Returns an unsigned JSON Web Token. */
export function jwt(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.c2lnbmF0dXJl`;
}
