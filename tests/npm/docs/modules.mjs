// The snippets of a document that have a name, as modules: a snippet after "```ts NAME" or "```mjs NAME".
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const { PROJECT } = process.env;
const ROOT = new URL('../../../', import.meta.url);
const { build } = createRequire(new URL('pkg-template/package.json', ROOT))('esbuild');
const NAMED = /^```(mjs|cjs|ts|html|json) (\S+)\n(.*?)^```/gms;
const SCRIPTS = ['mjs', 'ts'];

// A module inside the project, so that packages resolve as for the snippets. Some packages exist twice: `require` would
// find the copy for CommonJS.
const IMPORTER = join(PROJECT, 'import.mjs');
await writeFile(IMPORTER, 'export const library = (name) => import(name);\n');

/** Imports a package of the project. */
export const { library } = await import(pathToFileURL(IMPORTER));

/** Returns the text of a document of `docs`. */
export const textOf = (document) => readFile(new URL(`docs/${document}.md`, ROOT), 'utf8');

/** Writes the snippets of a document into a folder of the project. Returns the folder, and the snippets by their names. */
async function written(document) {
  const folder = join(PROJECT, 'documents', document);
  await mkdir(folder, { recursive: true });
  const snippets = new Map();
  for (const [, language, name, code] of (await textOf(document)).matchAll(NAMED)) {
    const file = join(folder, name.includes('.') ? name : `${name}.${language}`);
    await writeFile(file, code);
    snippets.set(name, { language, code, file });
  }
  return { folder, snippets };
}

/** Returns the snippets of a document by their names, with their code. */
export const snippetsOf = async (document) => (await written(document)).snippets;

/** Imports the modules of a document for Node: those that `only` names, or all except those that only run in a page. */
export async function modulesOf(document, { only, except = [] } = {}) {
  const { folder, snippets } = await written(document);
  const modules = {};
  for (const [name, { language, file }] of snippets) {
    const isWanted = only ? only.includes(name) : !except.includes(name);
    if (isWanted && SCRIPTS.includes(language)) modules[name] = await imported(file, join(folder, 'node'), name);
  }
  return modules;
}

/** Imports one module of a document from another folder, which determines the packages that it finds. */
export async function bundled(document, name, folder) {
  const { snippets } = await written(document);
  return imported(snippets.get(name).file, folder, name);
}

async function imported(file, folder, name) {
  const outfile = join(folder, `${name}.mjs`);
  await build({ entryPoints: [file], bundle: true, packages: 'external', platform: 'node', format: 'esm', outfile });
  return import(pathToFileURL(outfile));
}

/** Bundles `code`, which may import the modules of a document as `./NAME`, for a page. */
export async function pageScript(document, code) {
  const { folder } = await written(document);
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: folder, loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
  });
  return outputFiles[0].text;
}
