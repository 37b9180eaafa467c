// Programs that a test starts on free ports, and stops by their process ID.
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** All running programs. They end with this process, whatever ends it. */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/** Starts a program. `end(signal)` waits for its exit, `failed` rejects if it cannot start. */
export function start(program, args, options = {}) {
  const child = spawn(program, args.map(String), { stdio: ['pipe', 'pipe', 'ignore'], ...options });
  const failed = once(child, 'error').then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  const gone = once(child, 'exit');
  running.add(child);
  gone.then(
    () => running.delete(child),
    () => running.delete(child),
  );
  const end = (signal) => {
    child.kill(signal);
    return gone;
  };
  return { child, end, failed, gone };
}

/** Yields the lines that a program prints, until it ends. */
export async function* linesOf({ child, failed, gone }) {
  const lines = on(createInterface(child.stdout), 'line');
  const ended = Promise.race([failed, gone]).then(() => ({ done: true }));
  for (;;) {
    const { value, done } = await Promise.race([lines.next(), ended]);
    if (done) return;
    yield value[0];
  }
}

/** Returns the IDs of the processes that a process started. */
export async function childrenOf(pid) {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return list.split(' ').filter(Boolean).map(Number);
}

/** Returns the resident bytes of a process and of all its descendants. */
export async function residentBytesOfAll(pid) {
  const [own, children] = await Promise.all([residentBytes(pid), childrenOf(pid)]);
  const theirs = await Promise.all(children.map(residentBytesOfAll));
  return theirs.reduce((sum, bytes) => sum + bytes, own);
}

/** Returns the resident bytes of a process; 0 if it is gone. */
export async function residentBytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
}
