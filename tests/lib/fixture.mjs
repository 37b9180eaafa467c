// The fixture server as a program that a test starts, kills and starts again.
import { linesOf, start } from './programs.mjs';

/** Starts the server with demo endpoints. `url` is its address, and `faults` the address of its fault
 *  server (with `--fault-port`). `stop()` and `kill()` wait for its exit. */
export async function startFixture(...flags) {
  const server = start(process.env.FIXTURE_PROGRAM, ['--demo', ...flags]);
  const [url, faults] = await addressesOf(server, flags.includes('--fault-port') ? 2 : 1);
  // A full pipe would block the server.
  server.child.stdout.resume();
  return {
    url,
    faults,
    port: new URL(url).port,
    pid: server.child.pid,
    stop: () => server.end('SIGTERM'),
    kill: () => server.end('SIGKILL'),
  };
}

/** Reads the addresses in the first lines of the server. */
async function addressesOf(server, count) {
  const addresses = [];
  for await (const line of linesOf(server)) {
    if (addresses.push(line.replace(/^.* on /, '')) === count) return addresses;
  }
  throw new Error(
    `The fixture server ended with ${server.child.exitCode ?? server.child.signalCode} before it listened.`,
  );
}
