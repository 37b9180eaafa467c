// The fixture server as a program that a test starts, kills and starts again.
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { createInterface } from 'node:readline';

/** Starts the server; `url` is where it listens, `faults` where it misbehaves (with `--fault-port`),
 *  `stop()` and `kill()` wait until it is gone. */
export async function startFixture(...flags) {
  const server = spawn(process.env.FIXTURE_PROGRAM, ['--demo', ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = once(server, 'exit');
  const end = (signal) => {
    server.kill(signal);
    return gone;
  };
  const lines = linesOf(server, flags.includes('--fault-port') ? 2 : 1);
  const [url, faults] = (await Promise.race([lines, gone.then(() => undefined)])) ?? [];
  if (url === undefined) throw new Error(`the fixture server ended with ${server.exitCode}`);
  return { url, faults, port: new URL(url).port, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

/** The addresses in its first lines. */
async function linesOf(server, count) {
  const lines = createInterface(server.stdout);
  const first = [];
  for await (const [line] of on(lines, 'line')) {
    if (first.push(line.replace(/^.* on /, '')) === count) break;
  }
  lines.resume();
  return first;
}
