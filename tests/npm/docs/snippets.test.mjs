// The snippets of the documents compile against the packed package and the real libraries, and
// those marked `run` run. Names that a snippet takes for granted (the application's session, its
// rendering) are declared in `snippets.d.ts`. A snippet with a name is a module, which tests of its document import.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const { PROJECT, FIXTURE_PROGRAM } = process.env;
const ROOT = new URL('../../../', import.meta.url).pathname;
const TSC = join(ROOT, 'pkg-template/node_modules/.bin/tsc');
const run = promisify(execFile);
/** Language, mark or name, code. */
const SNIPPET = /^```(js|ts|tsx|svelte)(?: (\S+))?\n(.*?)^```/gms;
const MARKS = ['run', 'worker'];

const settings = (lib, types) => ({
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2024', ...lib],
    types,
    allowJs: true,
    checkJs: true,
    jsx: 'preserve',
    strict: true,
    noImplicitAny: false,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ['**/*'],
});
const PAGES = settings(['dom', 'dom.iterable', 'dom.asynciterable'], ['node']);
const WORKERS = settings(['webworker', 'webworker.iterable', 'webworker.asynciterable'], []);

/** Every snippet: its file, language, mark and code. */
const snippets = (await Promise.all((await documents()).map(extract))).flat();

async function documents() {
  const docs = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
  return ['README.md', 'pkg-template/README.md', ...docs.map((name) => join('docs', name))];
}

async function extract(document) {
  const text = await readFile(join(ROOT, document), 'utf8');
  return [...text.matchAll(SNIPPET)].map(({ 1: language, 2: mark, 3: code, index }) => {
    const line = text.slice(0, index).split('\n').length;
    const file = document.replaceAll('/', '-');
    const isModule = mark !== undefined && !MARKS.includes(mark);
    return { name: isModule ? `${file}/${mark}` : `${file}-line-${line}`, language, mark, code };
  });
}

const isScript = ({ language }) => language !== 'svelte';
/** The tests of `npm/frameworks` compile their modules, each with the compiler of its framework. */
const isElsewhere = ({ name }) => name.startsWith('docs-frameworks.md/');

/** Each snippet becomes a module with its own name, or with the name of the document and the line. */
async function compile(name, chosen, settings) {
  assert.ok(chosen.length > 0, `the documents have snippets for ${name}`);
  const folder = join(PROJECT, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  if (settings === PAGES) await copyFile(new URL('snippets.d.ts', import.meta.url), join(folder, 'snippets.d.ts'));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  for (const { name, language, code } of chosen) {
    const file = join(folder, `${name}.${language}`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${code}\nexport {};\n`);
  }
  await run(TSC, ['--project', folder]).catch(({ stdout }) => assert.fail(stdout));
}

test('every snippet of a page compiles', () =>
  compile(
    'pages',
    snippets.filter((snippet) => isScript(snippet) && snippet.mark !== 'worker' && !isElsewhere(snippet)),
    PAGES,
  ));

test('every snippet of a worker compiles', () =>
  compile(
    'workers',
    snippets.filter(({ mark }) => mark === 'worker'),
    WORKERS,
  ));

test('every component compiles', async () => {
  const components = snippets.filter((snippet) => !isScript(snippet));
  assert.ok(components.length > 0);
  const { compile } = createRequire(join(PROJECT, 'package.json'))('svelte/compiler');
  for (const { name, code } of components) {
    assert.deepEqual(compile(code, { filename: `${name}.svelte` }).warnings, []);
  }
});

for (const { name, code } of snippets.filter(({ mark }) => mark === 'run')) {
  test(`${name} runs`, async () => {
    const file = join(PROJECT, `${name}.mjs`);
    await writeFile(file, code);
    const path = `${dirname(FIXTURE_PROGRAM)}:${process.env.PATH}`;
    // Else the test runner inside believes that it is part of this one, and tells it alone.
    const { NODE_TEST_CONTEXT: _, ...env } = { ...process.env, PATH: path };
    const { stdout } = await run(process.execPath, ['--test', file], { cwd: PROJECT, env, timeout: 60_000 });
    assert.match(stdout, /pass [1-9]/);
  });
}
