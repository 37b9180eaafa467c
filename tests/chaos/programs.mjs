// Programs that a run starts on free ports, and stops by their id.
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers } from '../lib/cluster.mjs';

/** How long anything may take on a machine that does other work too. */
export const PATIENCE = 60_000;

/** Waits until `isSo()` gives something true, and gives that. */
export async function until(what, isSo, patience = PATIENCE, pause = 20) {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(pause)) {
    const answer = await isSo();
    if (answer) return answer;
  }
  throw new Error(`no sign of ${what} in ${patience / 1000} s`);
}

/** Waits until something listens there. */
export const listening = (port) => until(`a server on port ${port}`, () => answers(port));

/** All programs that run, so that none is left behind however a run ends. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGTERM')));

/** Starts a program; `end(signal)` waits until it is gone. */
export function start(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], ...options });
  const failed = once(child, 'error').then(([error]) => { throw error; });
  failed.catch(() => {});
  const gone = once(child, 'exit');
  running.add(child);
  gone.then(() => running.delete(child), () => running.delete(child));
  const end = (signal) => {
    child.kill(signal);
    return gone;
  };
  return { child, end, failed, gone };
}

/** The lines that a program prints, one after another. */
export async function* linesOf({ child, failed, gone }) {
  const lines = on(createInterface(child.stdout), 'line');
  const ended = Promise.race([failed, gone]).then(() => ({ done: true }));
  for (;;) {
    const { value, done } = await Promise.race([lines.next(), ended]);
    if (done) return;
    yield value[0];
  }
}

/** The processes that a process started. */
export async function childrenOf(pid) {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return list.split(' ').filter(Boolean).map(Number);
}

/** Bytes in memory of a process and of all that it started, and they started. */
export async function residentBytesOfAll(pid) {
  const [own, children] = await Promise.all([residentBytes(pid), childrenOf(pid)]);
  const theirs = await Promise.all(children.map(residentBytesOfAll));
  return theirs.reduce((sum, bytes) => sum + bytes, own);
}

/** Bytes of a process in memory; 0 if it is gone. */
export async function residentBytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
}
