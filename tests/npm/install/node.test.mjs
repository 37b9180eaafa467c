// The packed package in Node: as an ES module, as CommonJS, and without doing anything.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { ENTRIES, EXPECTED } from './scenario.mjs';

const { CONSUMER, FIXTURE_URL } = process.env;
const run = promisify(execFile);

before(() => copyFile(new URL('scenario.mjs', import.meta.url), join(CONSUMER, 'scenario.mjs')));

async function print(name, script) {
  await writeFile(join(CONSUMER, name), script);
  const { stdout, stderr } = await run(process.execPath, [name], { cwd: CONSUMER, timeout: 60_000 });
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

for (const [entry, type] of Object.entries(ENTRIES)) {
  const [name] = type.match(/\w+(?=\)?$)/);
  const scenario = `readAuthenticatedStream(${type}, '${FIXTURE_URL}')`;

  test(`import '${entry}': an authenticated stream`, async () => {
    const result = await print(
      'stream.mjs',
      `
      import { ${name} } from '${entry}';
      import { readAuthenticatedStream, sourceOver } from './scenario.mjs';
      console.log(JSON.stringify(await ${scenario}));
    `,
    );
    assert.deepEqual(result, EXPECTED);
  });

  test(`require('${entry}'): an authenticated stream`, async () => {
    const result = await print(
      'stream.cjs',
      `
      const { ${name} } = require('${entry}');
      import('./scenario.mjs')
        .then(({ readAuthenticatedStream, sourceOver }) => ${scenario})
        .then((result) => console.log(JSON.stringify(result)));
    `,
    );
    assert.deepEqual(result, EXPECTED);
  });
}

test('every entry is in the list above, or has a test of its own', async () => {
  const { exports } = JSON.parse(
    await readFile(join(CONSUMER, 'node_modules/authenticated-event-source/package.json')),
  );
  const own = ['./observe', './parser', './slim', './authenticated_event_source.wasm', './package.json'];
  const listed = Object.keys(ENTRIES).map((entry) => entry.replace('authenticated-event-source', '.'));
  assert.deepEqual(Object.keys(exports).sort(), [...own, ...listed].sort());
});

test('what observes a source knows the sources of the other entries, imported and required', async () => {
  const look = `
    const source = new AuthenticatedEventSource('${FIXTURE_URL}/events');
    const figures = health(source);
    source.close();
    console.log(JSON.stringify(figures.events));
  `;
  const names = ['AuthenticatedEventSource', 'health'];
  const entries = ['authenticated-event-source', 'authenticated-event-source/observe'];
  const imports = names.map((name, index) => `import { ${name} } from '${entries[index]}';`);
  const requires = names.map((name, index) => `const { ${name} } = require('${entries[index]}');`);
  assert.equal(await print('observe.mjs', imports.join('\n') + look), 0);
  assert.equal(await print('observe.cjs', requires.join('\n') + look), 0);
});

test('`./parser`, imported and required, reads a response', async () => {
  const read = `
    const response = new Response('id: 1\\ndata: \u00e9\\n\\n', { headers: { 'content-type': 'text/event-stream' } });
    (async () => {
      for await (const { data, id } of events(response)) console.log(JSON.stringify([data, id]));
    })();
  `;
  const entry = 'authenticated-event-source/parser';
  assert.deepEqual(await print('parser.mjs', `import { events } from '${entry}';${read}`), ['é', '1']);
  assert.deepEqual(await print('parser.cjs', `const { events } = require('${entry}');${read}`), ['é', '1']);
});

test('importing does nothing: no compilation, no timer, no listener, no global', async () => {
  const result = await print(
    'import-only.mjs',
    `
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
    await import('authenticated-event-source/parser');
    console.log(JSON.stringify({ calls, added: Object.getOwnPropertyNames(globalThis).length - globals }));
  `,
  );
  assert.deepEqual(result, { calls: [], added: 0 });
});

test('the module itself can be found, for those who place it by hand', async () => {
  const result = await print(
    'module.mjs',
    `
    import { createRequire } from 'node:module';
    import { readFileSync } from 'node:fs';
    const file = createRequire(import.meta.url).resolve('authenticated-event-source/authenticated_event_source.wasm');
    console.log(JSON.stringify(WebAssembly.validate(readFileSync(file))));
  `,
  );
  assert.equal(result, true);
});

test('a parser that has ended holds next to no memory', async () => {
  const [few, many] = await print(
    'parsers.mjs',
    `
    import { EventStreamParser } from 'authenticated-event-source';
    const { Instance } = WebAssembly;
    let memory;
    WebAssembly.Instance = function (...of) {
      const instance = new Instance(...of);
      memory ??= Object.values(instance.exports).find((each) => each instanceof WebAssembly.Memory);
      return instance;
    };
    // Not ASCII: UTF-16 is made of it, beside the bytes.
    const chunk = new TextEncoder().encode('data: \u00e9\\n\\n'.repeat(3000));
    function bytesAfter(parsers) {
      for (let each = 0; each < parsers; each++) {
        const parser = new EventStreamParser();
        parser.feed(chunk);
        parser.end();
      }
      return memory.buffer.byteLength;
    }
    // In one task: no collection of garbage lets any of them go.
    console.log(JSON.stringify([bytesAfter(10), bytesAfter(1000)]));
  `,
  );
  // Of each only what it is made of is left; what it has read and written would be a hundred times as much.
  assert.ok(many - few < 1000 * 1024, `${few} bytes, then ${many}`);
});
