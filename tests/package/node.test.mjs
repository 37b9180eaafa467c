// The packed package in Node: as an ES module, as CommonJS, and without doing anything.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { EXPECTED } from './scenario.mjs';

const { CONSUMER, FIXTURE_URL } = process.env;
const run = promisify(execFile);

before(() => copyFile(new URL('scenario.mjs', import.meta.url), join(CONSUMER, 'scenario.mjs')));

async function print(name, script) {
  await writeFile(join(CONSUMER, name), script);
  const { stdout, stderr } = await run(process.execPath, [name], { cwd: CONSUMER, timeout: 60_000 });
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

const scenario = `readAuthenticatedStream(AuthenticatedEventSource, '${FIXTURE_URL}')`;

for (const entry of ['authenticated-event-source', 'authenticated-event-source/shared']) {
  test(`import ${entry}: an authenticated stream`, async () => {
    const result = await print('stream.mjs', `
      import { AuthenticatedEventSource } from '${entry}';
      import { readAuthenticatedStream } from './scenario.mjs';
      console.log(JSON.stringify(await ${scenario}));
    `);
    assert.deepEqual(result, EXPECTED);
  });

  test(`require ${entry}: an authenticated stream`, async () => {
    const result = await print('stream.cjs', `
      const { AuthenticatedEventSource } = require('${entry}');
      import('./scenario.mjs')
        .then(({ readAuthenticatedStream }) => ${scenario})
        .then((result) => console.log(JSON.stringify(result)));
    `);
    assert.deepEqual(result, EXPECTED);
  });
}

test('importing does nothing: no compilation, no timer, no listener, no global', async () => {
  const result = await print('import-only.mjs', `
    const calls = [];
    for (const name of ['Module', 'Instance']) {
      WebAssembly[name] = new Proxy(WebAssembly[name], { construct: () => { calls.push(name); return {}; } });
    }
    for (const name of ['compile', 'instantiate', 'compileStreaming', 'instantiateStreaming']) {
      WebAssembly[name] = () => { calls.push(name); return new Promise(() => {}); };
    }
    for (const name of ['setTimeout', 'setInterval', 'fetch', 'addEventListener']) {
      globalThis[name] = () => calls.push(name);
    }
    const globals = Object.getOwnPropertyNames(globalThis).length;
    await import('authenticated-event-source');
    console.log(JSON.stringify({ calls, added: Object.getOwnPropertyNames(globalThis).length - globals }));
  `);
  assert.deepEqual(result, { calls: [], added: 0 });
});

test('the module itself can be found, for those who place it by hand', async () => {
  const result = await print('module.mjs', `
    import { createRequire } from 'node:module';
    import { readFileSync } from 'node:fs';
    const file = createRequire(import.meta.url).resolve('authenticated-event-source/authenticated_event_source.wasm');
    console.log(JSON.stringify(WebAssembly.validate(readFileSync(file))));
  `);
  assert.equal(result, true);
});
