// The places where people use the package: each builds or runs a project of a few lines with the
// defaults of its tool, in a folder below the one where the packed package is installed.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { serve } from '../../../lib/static-site.mjs';

const run = promisify(execFile);
const BIN = join(process.env.MATRIX, 'node_modules/.bin');
/** What the tools export, out of the folder where they are installed. */
const load = (name) => import(createRequire(join(process.env.MATRIX, 'package.json')).resolve(name));
const environment = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', PARCEL_WORKERS: '0', NO_COLOR: '1' };
const tool = (folder, name, ...args) => run(join(BIN, name), args, { cwd: folder, env: environment, timeout: 240_000 });

/** Cells of a browser: `site` builds the project and returns where it is served. */
export const SITES = [
  { name: 'esbuild', tool: 'esbuild', slim: false, site: esbuild },
  { name: 'Rollup', tool: 'rollup', slim: false, site: rollup },
  { name: 'Rolldown', tool: 'rolldown', slim: false, site: rolldown },
  { name: 'webpack', tool: 'webpack', slim: true, site: webpack },
  { name: 'Vite, build', tool: 'vite', slim: true, site: viteBuild },
  { name: 'Vite, dev', tool: 'vite', slim: true, site: viteDev },
  { name: 'Parcel', tool: 'parcel', slim: true, site: parcel },
];

/** Cells without a browser: `run` prints the result of the scenario, or fails. */
export const PROGRAMS = [
  { name: 'Node, import', run: (folder) => run(process.execPath, ['main.mjs'], { cwd: folder }) },
  { name: 'Node, require', run: (folder) => run(process.execPath, ['main.cjs'], { cwd: folder }) },
  { name: 'Bun, import', tool: 'bun', run: (folder) => tool(folder, 'bun', 'main.mjs') },
  { name: 'Bun, require', tool: 'bun', run: (folder) => tool(folder, 'bun', 'main.cjs') },
  {
    name: 'Deno, import',
    tool: 'deno',
    run: (folder) => tool(folder, 'deno', 'run', '--allow-net', '--allow-env', '--allow-read', 'main.mjs'),
  },
  {
    name: 'Deno, require',
    tool: 'deno',
    run: (folder) => tool(folder, 'deno', 'run', '--allow-net', '--allow-env', '--allow-read', 'main.cjs'),
  },
];

/** Cells whose tool judges by itself. */
export const RUNNERS = [
  { name: 'Vitest', tool: 'vitest', run: (folder) => tool(folder, 'vitest', 'run', '--root', folder) },
  { name: 'Jest', tool: 'jest', run: (folder) => tool(folder, 'jest', '--rootDir', folder) },
];

async function esbuild(folder) {
  await tool(folder, 'esbuild', 'main.js', '--bundle', '--format=esm', '--outfile=out/main.js');
  return serve(folder);
}

async function rollup(folder) {
  await tool(folder, 'rollup', 'main.js', '--plugin', 'node-resolve', '--file', 'out/main.js', '--failAfterWarnings');
  return serve(folder);
}

async function rolldown(folder) {
  await tool(folder, 'rolldown', 'main.js', '--file', 'out/main.js');
  return serve(folder);
}

async function webpack(folder) {
  const { default: webpack } = await load('webpack');
  const compiler = webpack({
    context: folder,
    mode: 'production',
    entry: './main.js',
    output: { path: join(folder, 'out'), publicPath: 'auto' },
  });
  const stats = await promisify(compiler.run.bind(compiler))();
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
  return serve(folder);
}

async function viteBuild(folder) {
  await tool(folder, 'vite', 'build', '--logLevel', 'warn');
  return serve(join(folder, 'dist'));
}

async function viteDev(folder) {
  const { createServer } = await load('vite');
  const server = await createServer({ root: folder, configFile: false, logLevel: 'error', server: { port: 0 } });
  await server.listen();
  return { url: `http://localhost:${server.httpServer.address().port}`, close: () => server.close() };
}

async function parcel(folder) {
  await tool(folder, 'parcel', 'build', 'index.html', '--cache-dir', 'cache', '--public-url', './');
  return serve(join(folder, 'dist'));
}

/** A worker of an edge runtime, which has its WebAssembly compiled before it starts. */
export async function workerd(folder) {
  await tool(
    folder,
    'esbuild',
    'main.js',
    '--bundle',
    '--format=esm',
    '--conditions=workerd',
    '--external:*.wasm',
    '--outfile=out/main.js',
  );
  const { Miniflare } = await load('miniflare');
  const wasm = join(process.env.MATRIX, 'node_modules/authenticated-event-source/dist/authenticated_event_source.wasm');
  const runtime = new Miniflare({
    compatibilityDate: '2026-01-01',
    modules: [
      { type: 'ESModule', path: 'main.js', contents: await readFile(join(folder, 'out/main.js'), 'utf8') },
      { type: 'CompiledWasm', path: 'authenticated_event_source.wasm', contents: await readFile(wasm) },
    ],
  });
  try {
    const response = await runtime.dispatchFetch('http://worker/');
    return await response.text();
  } finally {
    await runtime.dispose();
  }
}

/** Next builds a server, which renders the component that imports the package. */
export async function next(folder, ...flags) {
  await tool(folder, 'next', 'build', ...flags);
  const server = spawn(join(BIN, 'next'), ['start', '--port', '0', '--hostname', '127.0.0.1'], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(server, 'exit');
  const lines = createInterface(server.stdout);
  for await (const line of lines) {
    const [url] = line.match(/http:\/\/127\.0\.0\.1:\d+/) ?? [];
    if (url) {
      server.stdout.resume();
      return { url, close: () => (server.kill(), gone) };
    }
  }
  throw new Error(`next start ended with ${server.exitCode}`);
}
