// The declarations of the package under each version of TypeScript, and the errors that a wrong option causes.
import assert from 'node:assert/strict';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FOLDER, run } from './run.mjs';

const VERSIONS = ['5.4', '5.5', '5.7', '5.9', '6.0', '7.0'];
const CACHE = join(FOLDER, 'node_modules/.cache');
const STRICT = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  noEmit: true,
};
const DOM = ['es2022', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'];

/** The libraries of a project, and the folder of the tests that compile with them. */
const PROJECTS = {
  'with the DOM library': { tests: 'types', lib: DOM, types: [] },
  'without the DOM library': { tests: 'types-without-dom', lib: ['es2022', 'esnext.disposable'], types: [] },
  'with @types/node alone': { tests: 'types-without-dom', lib: ['es2022', 'esnext.disposable'], types: ['node'] },
  'with the library of workers': { tests: 'types-without-dom', lib: ['es2022', 'webworker'], types: [] },
};

/** Returns the compiler of a version. */
const compiler = (version) => join(FOLDER, `node_modules/typescript-${version}/bin/tsc`);

/** Compiles the folder, and returns the errors. */
async function errorsOf(version, folder) {
  const args = [compiler(version), '--project', folder, '--pretty', 'false'];
  const text = await run(process.execPath, args).then(
    () => '',
    ({ message }) => message,
  );
  // TypeScript before 5.6 does not compile the newest `@types/node`. A line that is indented continues an error.
  const errors = text
    .split(/\n(?=\S)/)
    .filter((error) => /error TS/.test(error) && !/^node_modules\/@types/.test(error));
  return errors.flatMap((error) => error.trim().split('\n'));
}

/** Writes the tests of a project, next to the packed package. */
async function project(name, { lib, types }, write) {
  const folder = join(CACHE, name.replaceAll(/\W+/g, '-'));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await write(folder);
  const config = { compilerOptions: { ...STRICT, lib, types }, include: ['*.ts', '*.cts'], exclude: [] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  return folder;
}

for (const [name, settings] of Object.entries(PROJECTS)) {
  describe(`types ${name}`, () => {
    let folder;
    before(async () => {
      const tests = fileURLToPath(new URL(`../install/${settings.tests}`, import.meta.url));
      folder = await project(name, settings, (place) => cp(tests, place, { recursive: true }));
    });
    for (const version of VERSIONS) {
      test(`TypeScript ${version} compiles them`, async () => {
        assert.deepEqual(await errorsOf(version, folder), []);
      });
    }
  });
}

/** Mistakes, and what their error says. */
const MISTAKES = {
  '{ heartbeatTimout: 1000 }': /'heartbeatTimout' does not exist .* 'heartbeatTimeout'/,
  "{ header: { Authorization: 'Bearer token' } }": /'header' does not exist .* 'headers'/,
  '{ auth: 42 }': /'number' is not assignable to type/,
  "{ retry: 'always' }": /'"always"' is not assignable to type/,
  '{ retry: { maxRetrys: 3 } }': /'maxRetrys' does not exist .* 'maxRetries'/,
  "{ auth: { token: 'a', onUnauthorised: () => {} } }": /'onUnauthorised' does not exist in type '.*AuthProvider/,
  "{ method: 'POST', connectTimeout: '30s' }": /'string' is not assignable to type 'number'/,
  '{ parse: 5 }': /'number' is not assignable to type/,
  42: /'42' is not assignable|'number' is not assignable/,
};

describe('a wrong option', () => {
  for (const [given, expected] of Object.entries(MISTAKES)) {
    test(`${given} is one error that names the option or its type`, async () => {
      const code = `
        import { AuthenticatedEventSource } from 'authenticated-event-source';
        new AuthenticatedEventSource('/events', ${given});
      `;
      const folder = await project('mistake', PROJECTS['with the DOM library'], (place) =>
        writeFile(join(place, 'mistake.ts'), code),
      );
      for (const version of ['5.4', '7.0']) {
        const errors = await errorsOf(version, folder);
        const [first, ...others] = errors.filter((line) => /error TS/.test(line));
        assert.match(first, expected);
        assert.deepEqual([others, /overload/i.test(errors.join('\n')), errors.length < 8], [[], false, true]);
      }
    });
  }
});
