// Programs that a run starts on free ports, and stops by their id.
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

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

/** A port that was free a moment ago, below those that the system gives to outgoing connections:
 *  one of the thousands that a run makes would sooner or later take it. */
export async function freePort() {
  for (;;) {
    const port = 10_240 + Math.floor(Math.random() * 21_000);
    const server = createServer();
    const listening = once(server, 'listening').then(() => true, () => false);
    server.listen(port, '127.0.0.1');
    const isFree = await listening;
    server.close();
    if (isFree) return port;
  }
}

/** Waits until something listens there. */
export function listening(port) {
  return until(`a server on port ${port}`, async () => {
    const socket = connect(port, '127.0.0.1');
    const isUp = await once(socket, 'connect').then(() => true, () => false);
    socket.destroy();
    return isUp;
  });
}

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

/** Bytes of a process in memory; 0 if it is gone. */
export async function residentBytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
}
