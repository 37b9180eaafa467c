// A server with the page of an app and two streams, which the test breaks.
import { once } from 'node:events';
import { createServer } from 'node:http';

/** Events that a stream has at first, and again after each `more()`. */
export const BURST = 50;

export async function startServer() {
  const it = { requests: [], isDown: false, rejected: '', isGone: false, page: '' };
  let last = BURST;

  /** What a client that had the events until `after` has missed, and stays open. */
  function stream(path, after, response) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    for (let id = after + 1; id <= last; id += 1) response.write(`id: ${path}-${id}\ndata: event ${id}\n\n`);
  }

  const server = createServer((request, response) => {
    const path = request.url.slice(1);
    if (path === '')
      return response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><main></main><script type="module" src="/app.js"></script>');
    if (path === 'app.js') return response.writeHead(200, { 'content-type': 'text/javascript' }).end(it.page);
    if (!['one', 'two'].includes(path)) return response.writeHead(404).end();
    const { authorization, 'last-event-id': lastEventId = '' } = request.headers;
    const entry = { path, authorization, lastEventId, isOpen: true, response };
    response.on('close', () => {
      entry.isOpen = false;
      entry.status = response.statusCode;
    });
    it.requests.push(entry);
    if (it.isGone) return response.writeHead(404).end();
    if (it.isDown) return response.writeHead(503, { 'retry-after': '3' }).end();
    if (authorization === `Bearer ${it.rejected}`) return response.writeHead(401).end();
    stream(path, Number(lastEventId.split('-')[1] ?? 0), response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  it.url = `http://127.0.0.1:${server.address().port}`;
  it.open = () => it.requests.filter(({ isOpen }) => isOpen);
  /** Breaks all open streams. */
  it.cut = () => {
    for (const { response } of it.open()) response.destroy();
  };
  it.more = () => {
    last += BURST;
  };
  it.stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return it;
}
