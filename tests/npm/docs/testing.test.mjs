// The examples of docs/testing.md: they run in Vitest, Jest and Playwright, in every environment that the text names.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { launch } from '../../lib/chromium.mjs';
import { modulesOf, pageScript, PROJECT, snippetsOf } from './modules.mjs';
import { startSite, STREAM } from './site.mjs';

const run = promisify(execFile);
const program = (name) => join(PROJECT, 'node_modules', '.bin', name);
// The test frameworks must not believe that they run under node:test.
const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, FORCE_COLOR: ___, ...inherited } = process.env;
const env = { ...inherited, CI: 'true', NO_COLOR: '1' };
const snippets = await snippetsOf('testing');

/** Writes snippets into a folder of their own, with a configuration. */
async function folderWith(name, names, files) {
  const folder = join(PROJECT, 'documents', name);
  await mkdir(folder, { recursive: true });
  for (const snippet of names) await writeFile(join(folder, snippet), snippets.get(snippet).code);
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}

/** A test over the network, which needs that parts of the platform fit together, for example `fetch` and `AbortSignal`. */
const NETWORK = `
  const { AuthenticatedEventSource } = require('authenticated-event-source');
  test('a real server', async () => {
    const source = new AuthenticatedEventSource(process.env.STREAM);
    const event = await new Promise((resolve) => { source.onmessage = resolve; });
    expect(event.data).toBe('hello');
    source.close();
  });
`;

/** Runs a program, and returns all that it printed. A failure shows it. */
async function output(file, args, cwd, more = {}) {
  const options = { cwd, env: { ...env, ...more }, timeout: 100_000 };
  const { stdout, stderr } = await run(file, args, options).catch(({ stdout, stderr }) =>
    assert.fail(`${stdout}${stderr}`),
  );
  return `${stdout}${stderr}`;
}

describe('examples of docs/testing.md', { concurrency: true, timeout: 120_000 }, () => {
  test('Vitest in node, jsdom and happy-dom, and MSW', async () => {
    const project = (environment) => ({ test: { name: environment, environment, include: ['*.test.mjs'] } });
    const config = { test: { projects: ['node', 'jsdom', 'happy-dom'].map(project) } };
    const files = { 'vitest.config.mjs': `export default ${JSON.stringify(config)};` };
    const names = ['news.mjs', 'fake-fetch.mjs', 'news.test.mjs', 'msw.test.mjs'];
    const folder = await folderWith('vitest', names, files);
    assert.match(await output(program('vitest'), ['run', '--root', folder], folder), /Tests +6 passed/);
  });

  test('Jest in node, jsdom and happy-dom', async (t) => {
    const site = await startSite(({ method }, response) => {
      // The pages of happy-dom have another origin, and it sends preflights.
      const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };
      if (method === 'OPTIONS') return response.writeHead(204, cors).end();
      response.writeHead(200, { ...cors, ...STREAM }).write('data: hello\n\n');
    });
    t.after(site.stop);
    const environments = ['node', './jsdom-with-fetch.cjs', '@happy-dom/jest-environment'];
    const projects = environments.map((testEnvironment) => ({
      displayName: testEnvironment,
      testEnvironment,
      testMatch: ['**/*.test.cjs'],
      transform: {},
    }));
    const files = {
      'package.json': '{}',
      'network.test.cjs': NETWORK,
      'jest.config.json': JSON.stringify({ projects }),
    };
    const folder = await folderWith('jest', ['news.test.cjs', 'jsdom-with-fetch.cjs'], files);
    const args = ['--config', join(folder, 'jest.config.json'), '--no-cache', '--runInBand'];
    const printed = await output(program('jest'), args, folder, { STREAM: site.url });
    assert.match(printed, /Tests: +6 passed/);
  });

  test('Playwright: routes answer the source, and the clock of the page drives its reconnect', async (t) => {
    const { playwright } = await modulesOf('testing', { only: ['playwright'] });
    const script = await pageScript(
      'testing',
      `import { followNews } from './news.mjs';
      const show = (text) => document.body.append(text);
      const source = followNews('/news', show);
      source.onerror = ({ retryIn }) => show('Again in ' + retryIn);`,
    );
    const site = await startSite((request, response) => {
      const isScript = request.url === '/script.js';
      response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' });
      response.end(isScript ? script : '<!doctype html><body><script type="module" src="script.js"></script>');
    });
    const browser = await launch();
    t.after(async () => {
      await browser.close();
      await site.stop();
    });
    const requests = await playwright.newsAfterBusy(await browser.newPage(), `${site.url}/`);
    assert.equal(requests.length, 2);
    for (const { authorization } of requests) assert.equal(authorization, 'Bearer secret');
  });
});
