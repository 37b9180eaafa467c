// Ports of this machine.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { until } from './wait.mjs';

/** Waits until a server listens on the port. */
export const listening = (port) => until(`a server on port ${port}`, () => answers(port));

/** Returns whether a server listens on the port. */
export function answers(port) {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}

/** Finds a free port below the range of outgoing connections, which could take it before the server starts. */
export async function freePort() {
  const port = 10_240 + Math.floor(Math.random() * 21_000);
  const server = createServer().listen(port, '127.0.0.1');
  // `once` rejects when the server fails.
  const isFree = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (!isFree) return freePort();
  server.close();
  await once(server, 'close');
  return port;
}
