// A web server of one test on a free port, which can be stopped and started again.
import { once } from 'node:events';
import { createServer } from 'node:http';

/** Starts a server. `stop()` breaks all connections, and `start(listener)` listens on the same port again. */
export async function startSite(listener) {
  let server;
  let port = 0;
  const start = async (next = listener) => {
    server = createServer(next);
    await once(server.listen(port, '127.0.0.1'), 'listening');
    ({ port } = server.address());
  };
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  await start();
  return { url: `http://127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}`, start, stop };
}

export const STREAM = { 'content-type': 'text/event-stream' };

/** Reads the body of a request as JSON. */
export async function jsonOf(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}
