// The fixture server as a program that a test starts, kills and starts again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Starts the server; `url` is where it listens, `stop()` and `kill()` wait until it is gone. */
export async function startFixture(...flags) {
  const server = spawn(process.env.FIXTURE_PROGRAM, ['--demo', ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = once(server, 'exit');
  const end = (signal) => {
    server.kill(signal);
    return gone;
  };
  const url = await Promise.race([listening(server), gone.then(() => undefined)]);
  if (url === undefined) throw new Error(`the fixture server ended with ${server.exitCode}`);
  return { url, port: new URL(url).port, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

async function listening(server) {
  const lines = createInterface(server.stdout);
  const [first] = await once(lines, 'line');
  lines.resume();
  return first.replace('listening on ', '');
}
