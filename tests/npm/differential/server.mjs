// Serves the page, and each stream once to each class. A reconnect receives 204.
import { once } from 'node:events';
import { createServer } from 'node:http';

export async function startServer(script, streams) {
  /** The `Last-Event-ID` of each request, as bytes, by its path. */
  const cursors = new Map();
  const server = createServer(async (request, response) => {
    const { url } = request;
    if (url === '/')
      return response
        .setHeader('content-type', 'text/html; charset=utf-8')
        .end('<!doctype html><title>streams</title><script src="/script.js"></script>');
    if (url === '/script.js') return response.setHeader('content-type', 'text/javascript; charset=utf-8').end(script);
    const [, folder, index] = url.split('/');
    if (folder !== 'stream') return response.writeHead(404).end();

    const seen = cursors.get(url) ?? [];
    cursors.set(url, [...seen, Buffer.from(request.headers['last-event-id'] ?? '', 'latin1').toString('hex')]);
    if (seen.length > 0) return response.writeHead(204).end();
    const { bytes, cuts } = streams[index];
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    let start = 0;
    for (const end of [...cuts, bytes.length]) {
      response.write(bytes.subarray(start, end));
      start = end;
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    cursors: (index, client) => cursors.get(`/stream/${index}/${client}`) ?? [],
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
