// The site that the browsers visit, and what its links answer.
import { after } from 'node:test';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../../../lib/static-site.mjs';
import { fixture, PACKAGE } from '../support.mjs';

const setup = `
  import { AuthenticatedEventSource } from './dist/shared.js';
  const types = ['open', 'message', 'error', 'connectionclose'];
  /** Opens a source, and keeps what it fires, also after the page is left. */
  globalThis.connect = async (url, { tokenUrl, ...options } = {}) => {
    const auth = tokenUrl && (async () => (await fetch(tokenUrl)).text());
    const source = new AuthenticatedEventSource(url, {
      retry: { initialDelay: 100, maxDelay: 100, jitter: 'none' },
      ...(auth && { auth }),
      ...options,
    });
    source.fired = [];
    for (const type of types) source.addEventListener(type, (event) => {
      const { data, reason, status, message, willRetry } = event;
      source.fired.push({ type, data, reason, status, message, willRetry });
      note(reason ?? type);
    });
    globalThis.source = source;
  };
  /** Reads the source in a loop, and keeps how the loop ends. */
  globalThis.loop = async () => {
    (async () => {
      for await (const event of source) event;
    })().catch(({ message }) => note('loop threw ' + message));
  };
  const note = (what) => {
    if (globalThis.isNoting) sessionStorage.setItem('noted', [sessionStorage.getItem('noted'), what].join(' '));
  };
  /** Begins to keep what happens. */
  globalThis.keepNotes = async () => {
    sessionStorage.removeItem('noted');
    globalThis.isNoting = true;
  };
  globalThis.report = async () => ({
    fired: source.fired,
    readyState: source.readyState,
    role: source.role,
    phase: source.state.phase,
  });
  globalThis.unhandled = [];
  addEventListener('error', ({ message }) => unhandled.push(message));
  addEventListener('unhandledrejection', ({ reason }) => unhandled.push(String(reason)));
  globalThis.isReady = true;
`;

const folder = await mkdtemp(join(tmpdir(), 'engines-'));
await cp(join(PACKAGE, 'dist'), join(folder, 'dist'), { recursive: true });
await writeFile(join(folder, 'setup.js'), setup);
const page = (title) => `<!doctype html><title>${title}</title><script type="module" src="setup.js"></script>`;
await writeFile(join(folder, 'index.html'), page('index'));
await writeFile(join(folder, 'other.html'), page('other'));

/** The site, with the fault server below `/fault/`. */
export const site = await serve(folder, {}, { prefix: '/fault/', to: fixture.faults });
after(async () => {
  await site.close();
  await rm(folder, { recursive: true });
});

/** Serves the site in another way until the test ends. */
export async function siteWith(t, { headers = {}, isSecure = false }) {
  const other = await serve(folder, headers, undefined, isSecure);
  t.after(() => other.close());
  return other;
}

/** The same site as a site of its own, whose cookies a browser can block. */
export const blockedSite = site.url.replace('127.0.0.1', 'localhost');

/** A response that begins after 700 ms. */
const slow = (type, body, ...headers) => ({
  framing: 'raw',
  steps: [
    { sleep_ms: 700 },
    { raw: [`HTTP/1.1 200 OK`, `Content-Type: ${type}`, ...headers, 'Connection: close', '', body].join('\r\n') },
  ],
});
export const PAGE = slow('text/html', '<!doctype html><title>left</title>');
export const DOWNLOAD = slow('application/octet-stream', 'bytes', 'Content-Disposition: attachment; filename=file.bin');
export const NOTHING = {
  ...PAGE,
  steps: [{ sleep_ms: 700 }, { raw: 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n' }],
};

/** Returns the address of a script under the origin of the page. */
export const near = ({ url }) => site.url + new URL(url).pathname;
