// Bundles an app of each framework with the files of the guide, for the page and for the server.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PROJECT = process.env.FRAMEWORKS;
const ROOT = new URL('../../../', import.meta.url);
const APPS = new URL('apps/', import.meta.url);
const { build, transform } = createRequire(new URL('pkg-template/package.json', ROOT))('esbuild');
const require = createRequire(join(PROJECT, 'package.json'));
const guide = await readFile(new URL('docs/frameworks.md', ROOT), 'utf8');

/** The snippet of the guide with this mark. */
export function snippet(mark) {
  const [, code] = guide.match(new RegExp(`^\`\`\`tsx? ${mark}\\n(.*?)^\`\`\``, 'ms')) ?? [];
  if (!code) throw new Error(`docs/frameworks.md has no snippet "${mark}"`);
  return code;
}

/** Writes the app and the files of the guide into the folder `name`, and returns the folder. */
export async function writeSources(framework, name) {
  const folder = join(PROJECT, 'apps', name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const isOurs = (name) =>
    name.startsWith(`${framework}.`) || name === 'session.ts' || (framework === 'svelte' && name.endsWith('.svelte'));
  for (const name of (await readdir(APPS)).filter(isOurs)) {
    await writeFile(join(folder, name), await readFile(new URL(name, APPS)));
  }
  const hook = framework === 'svelte' ? 'use-events.svelte.ts' : 'use-events.ts';
  await writeFile(join(folder, hook), snippet(framework));
  for (const shared of ['connect', 'auth']) await writeFile(join(folder, `${shared}.ts`), snippet(shared));
  return folder;
}

/** Returns the code of the page: a script that mounts the app in `<main>`. */
export async function bundlePage(framework, folder) {
  const extension = ['react', 'solid'].includes(framework) ? 'tsx' : 'ts';
  const contents = `import { mount } from './${framework}.${extension}'; mount(document.querySelector('main'));`;
  const { outputFiles } = await build({
    ...options(framework, 'dom'),
    stdin: { contents, resolveDir: folder, loader: 'ts' },
    platform: 'browser',
    write: false,
  });
  return outputFiles[0].text;
}

/** Bundles what a server renders, and returns its `render` function. */
export async function bundleServer(framework, folder) {
  const extension = ['react', 'solid'].includes(framework) ? 'tsx' : 'ts';
  const outfile = join(folder, 'server.mjs');
  await build({
    ...options(framework, 'ssr'),
    entryPoints: [join(folder, `${framework}.server.${extension}`)],
    platform: 'node',
    outfile,
    // The libraries of a server are often CommonJS, which calls `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return (await import(pathToFileURL(outfile))).render;
}

function options(framework, target) {
  const conditions = { solid: target === 'dom' ? ['browser', 'development'] : ['node'], svelte: [] }[framework] ?? [];
  return {
    bundle: true,
    format: 'esm',
    logLevel: 'error',
    jsx: 'automatic',
    conditions,
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true, useDefineForClassFields: false } },
    plugins: { svelte: [svelte(target)], solid: [solid(target)] }[framework] ?? [],
  };
}

/** Compiles components, and modules that use runes. */
function svelte(target) {
  const { compile, compileModule } = require('svelte/compiler');
  const generate = target === 'dom' ? 'client' : 'server';
  const setup = (build) => {
    build.onResolve({ filter: /\.svelte\.js$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace(/js$/, 'ts')),
    }));
    build.onLoad({ filter: /\.svelte$/ }, async ({ path: filename }) => ({
      contents: compile(await readFile(filename, 'utf8'), { filename, generate }).js.code,
    }));
    build.onLoad({ filter: /\.svelte\.ts$/ }, async ({ path: filename }) => {
      const { code } = await transform(await readFile(filename, 'utf8'), { loader: 'ts' });
      return { contents: compileModule(code, { filename, generate }).js.code };
    });
  };
  return { name: 'svelte', setup };
}

/** Compiles the JSX of Solid. */
function solid(generate) {
  const { transformAsync } = require('@babel/core');
  const preset = require.resolve('babel-preset-solid');
  const setup = (build) =>
    build.onLoad({ filter: /\.tsx$/ }, async ({ path: filename }) => {
      const source = await transform(await readFile(filename, 'utf8'), { loader: 'tsx', jsx: 'preserve' });
      const { code } = await transformAsync(source.code, {
        filename,
        presets: [[preset, { generate, hydratable: generate === 'ssr' }]],
        babelrc: false,
        configFile: false,
      });
      return { contents: code };
    });
  return { name: 'solid', setup };
}
