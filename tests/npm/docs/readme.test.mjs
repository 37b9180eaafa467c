// The README of the npm package: its quick start delivers an event, and what it lists is what the code has.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort, listening } from '../../lib/ports.mjs';

const { PROJECT } = process.env;
const ROOT = new URL('../../../', import.meta.url);
const { transform } = createRequire(new URL('pkg-template/package.json', ROOT))('esbuild');
const readText = (file) => readFile(new URL(file, ROOT), 'utf8');
const readme = await readText('pkg-template/README.md');
const snippet = (name) => readme.match(new RegExp(`^\`\`\`[jt]s ${name}\\n(.*?)^\`\`\``, 'ms'))[1];

/** Starts a snippet with another port than that of the README. */
async function start(t, name, port) {
  const folder = join(PROJECT, 'readme');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, snippet(name).replace('3000', String(port)));
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await gone;
  });
  return child;
}

test('the quick start: the client prints the events of the server', { timeout: 30_000 }, async (t) => {
  const port = await freePort();
  await start(t, 'server', port);
  await listening(port);
  const client = await start(t, 'client', port);
  const lines = [];
  for await (const line of createInterface(client.stdout)) if (lines.push(line) === 2) break;
  assert.match(lines[0], /^1 \d+$/);
  assert.match(lines[1], /^2 \d+$/);
});

test('the session of the README: a rejected token is refreshed, and a session that is over closes the source', async (t) => {
  const { AuthenticatedEventSource } = createRequire(join(PROJECT, 'package.json'))('authenticated-event-source');
  const tokens = ['one', 'two'];
  t.mock.method(globalThis, 'fetch', async (url) => {
    assert.equal(url, '/refresh');
    const next = tokens.shift();
    return next ? Response.json({ access_token: next }) : new Response(null, { status: 401 });
  });
  const { code: script } = await transform(snippet('session'), { loader: 'ts' });
  const code = script.replace(/^import .*$/m, '').replace(/^const source = .*$/m, 'return auth;');
  const auth = new Function(code)();
  const sent = [];
  const server =
    (accepted) =>
    async (_, { headers }) => {
      sent.push(headers.Authorization);
      if (!accepted.includes(headers.Authorization)) return new Response(null, { status: 401 });
      return new Response('data: hello\n\n', { headers: { 'Content-Type': 'text/event-stream' } });
    };
  for await (const { data } of new AuthenticatedEventSource('http://localhost/', {
    auth,
    fetch: server(['Bearer two']),
  })) {
    assert.equal(data, 'hello');
    break;
  }
  assert.deepEqual(sent, ['Bearer one', 'Bearer two']);
  const source = new AuthenticatedEventSource('http://localhost/', { auth, fetch: server([]) });
  const [{ reason, willRetry }] = await once(source, 'error');
  assert.deepEqual({ reason, willRetry }, { reason: 'unauthorized', willRetry: false });
  // Without a session the request is not sent again.
  assert.deepEqual(sent.slice(2), ['Bearer two']);
});

test('the table of reasons has every reason', async () => {
  const [, reasons] = (await readText('pkg-template/src/errors.ts')).match(/export type Reason =([^;]+);/);
  const [, section] = readme.match(/^## Errors\n(.*?)^## /ms);
  const listed = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'reason');
  assert.deepEqual(listed.sort(), [...reasons.matchAll(/'([a-z-]+)'/g)].map(([, name]) => name).sort());
});

test('the table of options has every option', async () => {
  const [, members] = (await readText('pkg-template/src/options.ts')).match(/const OWN_MEMBERS[^{]+\{([^}]+)\}/);
  const [, table] = readme.match(/^## Options\n(.*?)^`auth` as a provider/ms);
  for (const [, name] of members.matchAll(/(\w+): 1/g))
    assert.match(table, new RegExp(`^\\| .*\`${name}\``, 'm'), name);
});

test('the comparison has the rows of README.md, which a test proves', async () => {
  const rows = (text) => text.split('\n').filter((line) => /^\| [A-Z].*( (yes|no) \|){4}$/.test(line));
  assert.equal(rows(readme).length, 6);
  assert.deepEqual(rows(readme), rows(await readText('README.md')));
});

test('the sizes are the budgets that the build enforces', async () => {
  const sizes = await readText('xtask/src/npm/size.rs');
  const budget = (name) => Number(sizes.match(new RegExp(`^const ${name}: usize = (\\d+) \\* 1024;`, 'm'))[1]);
  const [, whole, parser] = readme.match(/at most (\d+) KiB under Brotli.*?(\d+) KiB\. No dep/s);
  assert.deepEqual([Number(whole), Number(parser)], [budget('BUDGET'), budget('PARSER_BUDGET')]);
});

test('the addresses of the CDN have the version of the package, and a file of it', async () => {
  const { version } = JSON.parse(await readFile(join(PROJECT, 'node_modules/authenticated-event-source/package.json')));
  const [, shown, file] = readme.match(/jsdelivr\.net\/npm\/authenticated-event-source@([\d.]+)\/(\S+?)"/);
  assert.equal(shown, version);
  await readFile(join(PROJECT, 'node_modules/authenticated-event-source', file));
});

test('each document that the README links exists', async () => {
  const links = [...readme.matchAll(/\(https:\/\/unpkg\.com\/authenticated-event-source\/(docs\/[\w-]+\.md)\)/g)];
  assert.ok(links.length >= 8);
  for (const [, file] of links) await readText(file);
});
