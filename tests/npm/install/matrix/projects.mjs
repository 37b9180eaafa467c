// The files of the projects: what a newcomer would write, once for each kind of tool.
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const SCENARIO = new URL('../scenario.mjs', import.meta.url);
const { transform } = createRequire(join(process.env.MATRIX, 'package.json'))('esbuild');
const SERVER = process.env.FIXTURE_URL;
const run = `readAuthenticatedStream(AuthenticatedEventSource, '${SERVER}')`;

async function project(name, files) {
  const folder = join(process.env.MATRIX, 'projects', name.toLowerCase().replaceAll(/\W+/g, '-'));
  await rm(folder, { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await copyFile(SCENARIO, join(folder, 'scenario.mjs'));
  return folder;
}

const manifest = (type) => JSON.stringify({ private: true, type });

/** A page whose script leaves the result in `globalThis.result`. */
export function page(name, entry, script) {
  return project(`${name} ${entry}`, {
    'package.json': manifest('module'),
    'index.html': `<!doctype html><title>${name}</title><script type="module" src="${script}"></script>`,
    'main.js': `
      import { AuthenticatedEventSource } from '${entry}';
      import { readAuthenticatedStream } from './scenario.mjs';
      ${run}.then((result) => { globalThis.result = result; }, (error) => { globalThis.result = String(error); });
    `,
  });
}

/** Programs that print the result. */
export function program(name) {
  return project(name, {
    'package.json': manifest('module'),
    'main.mjs': `
      import { AuthenticatedEventSource } from 'authenticated-event-source';
      import { readAuthenticatedStream } from './scenario.mjs';
      console.log(JSON.stringify(await ${run}));
    `,
    'main.cjs': `
      const { AuthenticatedEventSource } = require('authenticated-event-source');
      import('./scenario.mjs')
        .then(({ readAuthenticatedStream }) => ${run})
        .then((result) => console.log(JSON.stringify(result)));
    `,
  });
}

/** A worker that answers with the result. */
export function worker(entry, type) {
  return project(`workerd ${entry}`, {
    'package.json': manifest('module'),
    'main.js': `
      import * as members from '${entry}';
      import { readAuthenticatedStream, sourceOver } from './scenario.mjs';
      const { EventSource, AuthenticatedEventSource, fetchEventSource } = members;
      export default {
        fetch: async () => Response.json(await readAuthenticatedStream(${type}, '${SERVER}').catch(String)),
      };
    `,
  });
}

/** A test as the test runner wants it: Vitest reads ES modules, Jest by default CommonJS. */
export async function tested(name) {
  if (name === 'Vitest') {
    return project(name, {
      'package.json': manifest('module'),
      'stream.test.js': `
        import { expect, test } from 'vitest';
        import { AuthenticatedEventSource } from 'authenticated-event-source';
        import { EXPECTED, readAuthenticatedStream } from './scenario.mjs';
        test('an authenticated stream', async () => { expect(await ${run}).toEqual(EXPECTED); }, 40_000);
      `,
    });
  }
  const { code } = await transform(await readFile(SCENARIO), { format: 'cjs' });
  return project(name, {
    'package.json': manifest('commonjs'),
    'scenario.cjs': code,
    'stream.test.js': `
      const { AuthenticatedEventSource } = require('authenticated-event-source');
      const { EXPECTED, readAuthenticatedStream } = require('./scenario.cjs');
      test('an authenticated stream', async () => { expect(await ${run}).toEqual(EXPECTED); }, 40_000);
    `,
  });
}

/** A client component that a server component imports: rendered on the server, run in the browser. */
export function nextApp(name, entry) {
  return project(`${name} ${entry}`, {
    'package.json': manifest('module'),
    'app/layout.js': `
      export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html>; }
    `,
    'app/page.js': `
      import { AuthenticatedEventSource } from '${entry}';
      import { Stream } from './stream.js';
      export default function Page() { return <main title={AuthenticatedEventSource.name}><Stream /></main>; }
    `,
    'app/stream.js': `
      'use client';
      import { useEffect } from 'react';
      import { AuthenticatedEventSource } from '${entry}';
      import { readAuthenticatedStream } from '../scenario.mjs';
      export function Stream() {
        useEffect(() => {
          ${run}.then((result) => { globalThis.result = result; }, (error) => { globalThis.result = String(error); });
        }, []);
        return null;
      }
    `,
  });
}
