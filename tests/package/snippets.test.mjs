// The snippets of the documents compile against the packed package. Names that a snippet takes
// for granted (the application's session, its rendering) are declared in `snippets.d.ts`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const ROOT = new URL('../../', import.meta.url).pathname;
const TSC = join(ROOT, 'pkg-template/node_modules/.bin/tsc');
const FOLDER = join(process.env.CONSUMER, 'snippets');
const SNIPPET = /^```(js|ts|jsx|tsx)\n(.*?)^```/gms;
const SETTINGS = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'],
    types: [],
    jsx: 'preserve',
    strict: true,
    noImplicitAny: false,
    noEmit: true,
  },
  include: ['*'],
};

async function documents() {
  const found = ['README.md', 'pkg-template/README.md'];
  const docs = await readdir(join(ROOT, 'docs')).catch(() => []);
  return [...found, ...docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))];
}

/** Each snippet becomes a module named after the document and the line. */
async function extract(document) {
  const text = await readFile(join(ROOT, document), 'utf8');
  const snippets = [...text.matchAll(SNIPPET)];
  for (const { 1: language, 2: code, index } of snippets) {
    const line = text.slice(0, index).split('\n').length;
    const kind = language.endsWith('x') ? 'tsx' : 'ts';
    await writeFile(join(FOLDER, `${document.replaceAll('/', '-')}-line-${line}.${kind}`), `${code}\nexport {};\n`);
  }
  return snippets.length;
}

test('every snippet compiles', async () => {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER);
  await copyFile(new URL('snippets.d.ts', import.meta.url), join(FOLDER, 'snippets.d.ts'));
  await writeFile(join(FOLDER, 'tsconfig.json'), JSON.stringify(SETTINGS));
  let count = 0;
  for (const document of await documents()) count += await extract(document);
  assert.ok(count > 0, 'the documents have snippets');
  await promisify(execFile)(TSC, ['--project', FOLDER]).catch(({ stdout }) => assert.fail(stdout));
});
