// What bundlers keep of the default entry if an application imports only one of its members. Compares sizes of bundles of
// the same run.
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

const { MATRIX } = process.env;
const require = createRequire(join(MATRIX, 'package.json'));
const FOLDER = join(MATRIX, 'projects', 'tree-shaking');

/** Bundles and minifies a file of FOLDER, and returns the text. */
const BUNDLERS = {
  async esbuild(file) {
    const { outputFiles } = await require('esbuild').build({
      entryPoints: [file],
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    return outputFiles[0].text;
  },
  async rollup(file) {
    const { rollup } = require('rollup');
    const { nodeResolve } = require('@rollup/plugin-node-resolve');
    const bundle = await rollup({ input: file, plugins: [nodeResolve()] });
    const { output } = await bundle.generate({ format: 'esm' });
    return (await require('esbuild').transform(output[0].code, { minify: true })).code;
  },
  async webpack(file) {
    const path = `${file}.webpack`;
    const options = { mode: 'production', entry: file, output: { path, filename: 'main.js' } };
    const stats = await new Promise((resolve, reject) =>
      require('webpack')(options, (error, result) => (error ? reject(error) : resolve(result))),
    );
    assert.ok(!stats.hasErrors(), stats.toString());
    return readFile(join(path, 'main.js'), 'utf8');
  },
};

/** Texts of the connection that a bundle without it cannot contain. */
const CONNECTION = ['connectionstatechange', 'renewBefore', 'withCredentials'];

before(async () => {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  await writeFile(join(FOLDER, 'package.json'), '{ "private": true, "type": "module" }');
  for (const name of ['AuthenticatedEventSource', 'EventStreamParser', 'events'])
    await writeFile(
      join(FOLDER, `${name}.js`),
      `import { ${name} } from 'authenticated-event-source';\nglobalThis.imported = ${name};\n`,
    );
});

for (const [bundler, bundle] of Object.entries(BUNDLERS)) {
  describe(bundler, () => {
    let whole;
    before(async () => {
      whole = await bundle(join(FOLDER, 'AuthenticatedEventSource.js'));
    });

    test('the class brings its connection', () => {
      for (const text of CONNECTION) assert.ok(whole.includes(text), text);
    });

    for (const name of ['EventStreamParser', 'events']) {
      test(`\`${name}\` alone brings no connection code`, async () => {
        const part = await bundle(join(FOLDER, `${name}.js`));
        for (const text of CONNECTION) assert.ok(!part.includes(text), text);
        // What remains is the WebAssembly, which both share, and the parser.
        const ratio = part.length / whole.length;
        assert.ok(ratio < 0.65, `${part.length} of ${whole.length} bytes`);
      });
    }
  });
}
