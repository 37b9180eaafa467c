// A folder as a web site on a free port, with headers of the test.
import { execFileSync } from 'node:child_process';
import { createServer, request as ask } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.htm': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.map': 'application/json',
};

/** Serves `folder`. The returned site has a `url`, and a `close()` that waits for its end. `proxy` has a `prefix` of
 *  paths, and the server `to` which it forwards them. `isSecure`: uses HTTPS with a certificate of its own. */
export async function serve(folder, headers = {}, proxy = undefined, isSecure = false) {
  const create = isSecure ? (handle) => createSecureServer(ownCertificate(), handle) : createServer;
  const server = create(async (request, response) => {
    if (proxy && request.url.startsWith(proxy.prefix)) return forward(request, response, proxy.to);
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://site').pathname));
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    try {
      const body = await readFile(file);
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', ...headers });
      response.end(body);
    } catch {
      response.writeHead(404, headers).end(`no ${path}`);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const scheme = isSecure ? 'https' : 'http';
  return { url: `${scheme}://127.0.0.1:${server.address().port}`, close: () => closed(server) };
}

/** Returns a key and a certificate that is self-signed. */
function ownCertificate() {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', '-'];
  const pem = execFileSync('openssl', ['req', '-x509', ...key, '-subj', '/CN=127.0.0.1', '-days', '2'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { key: pem, cert: pem };
}

/** Forwards a request and its response unchanged. A connection that breaks on one side breaks on the other side. */
function forward(request, response, server) {
  const { method, url, rawHeaders } = request;
  const forwarded = ask(server + url, { method, headers: rawHeaders, setHost: false }, (answer) => {
    response.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders);
    response.flushHeaders();
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  forwarded.on('error', () => response.destroy());
  response.on('close', () => forwarded.destroy());
  request.pipe(forwarded);
}

function closed(server) {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}
