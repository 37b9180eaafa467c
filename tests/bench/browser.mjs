// A browser that is started for one page, and left alone: the page drives itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { FLAGS } from '../lib/chromium.mjs';

const MINUTE = 60_000;

/** How each browser is told to show one page, with a profile of its own. */
const ARGUMENTS = {
  chromium: (profile) => [...FLAGS, `--user-data-dir=${profile}`],
  firefox: (profile) => ['--headless', '--no-remote', '--profile', profile],
};

/** The processes in which pages run. */
const IS_PAGE = { chromium: '--type=renderer', firefox: '-contentproc' };

/** So that the page may measure finely. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
const TYPES = { '.mjs': 'text/javascript', '.js': 'text/javascript' };

/** Runs a job of page.mjs in a browser and returns its result. */
export async function runInBrowser({ browser, program, folder, name, options, minutes = 20 }) {
  const profile = await mkdtemp(join(tmpdir(), 'bench-'));
  await writeFile(join(profile, 'user.js'), 'user_pref("browser.shell.checkDefaultBrowser", false);\n');
  const site = await serve(folder, processesOf(profile, browser));
  const job = encodeURIComponent(JSON.stringify({ name, options: { ...options, clock: `${site.url}/clock` } }));
  const child = spawn(program, [...ARGUMENTS[browser](profile), `${site.url}/#${job}`], { stdio: 'ignore' });
  const gone = once(child, 'exit');
  const tooLate = setTimeout(() => site.reported({ error: `no result in ${minutes} minutes` }), minutes * MINUTE);
  try {
    const { value, error } = await Promise.race([site.result, gone.then(() => ({ error: `${browser} ended` }))]);
    if (error) throw new Error(error);
    return value;
  } finally {
    clearTimeout(tooLate);
    child.kill();
    await gone;
    site.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Serves the bundle, takes the result, tells the time, and what the page's processes use. */
async function serve(folder, processes) {
  let reported;
  const result = new Promise((resolve) => {
    reported = resolve;
  });
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, 'http://bench');
    if (pathname === '/usage') return response.end(JSON.stringify(usage(processes(), search === '?reset')));
    if (pathname === '/clock') return clock(response);
    if (pathname === '/result') {
      let body = '';
      for await (const piece of request) body += piece;
      response.end();
      return reported(JSON.parse(body));
    }
    if (pathname === '/') {
      response.writeHead(200, { ...ISOLATED, 'content-type': 'text/html' });
      return response.end('<!doctype html><title>bench</title><script type="module" src="page.mjs"></script>');
    }
    const file = await readFile(join(folder, normalize(pathname))).catch(() => undefined);
    response.writeHead(file ? 200 : 404, {
      ...ISOLATED,
      'content-type': TYPES[extname(pathname)] ?? 'application/octet-stream',
    });
    response.end(file);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, result, reported, close };
}

/** An event every 5 ms that says when it was written. */
function clock(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const timer = setInterval(() => response.write(`data: ${performance.timeOrigin + performance.now()}\n\n`), 5);
  response.on('close', () => clearInterval(timer));
}

/** The main threads' time on a processor, in milliseconds, and the most memory, in bytes, since the
 *  last reset. Both are what Linux tells. */
function usage(processes, isReset) {
  let cpu = 0;
  let peak = 0;
  for (const id of processes) {
    try {
      cpu += Number(readFileSync(`/proc/${id}/task/${id}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
      if (isReset) writeFileSync(`/proc/${id}/clear_refs`, '5');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'latin1'))[1]) * 1024);
    } catch {
      // It has ended.
    }
  }
  return { cpu, peak };
}

/** The processes of pages under this profile, looked up once: a page stays in its process. */
function processesOf(profile, browser) {
  const holds = (id, text) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'latin1').includes(text);
    } catch {
      return false;
    }
  };
  let known;
  return () => {
    known ??= readdirSync('/proc').filter(
      (id) => Number(id) && holds(id, IS_PAGE[browser]) && isUnder(id, profile, holds),
    );
    return known;
  };
}

/** Chromium's processes all name the profile; of Firefox's an ancestor does, which may have forked them by another. */
function isUnder(id, profile, holds) {
  if (!Number(id)) return false;
  if (holds(id, profile)) return true;
  return isUnder(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'latin1'))?.[1], profile, holds);
}
