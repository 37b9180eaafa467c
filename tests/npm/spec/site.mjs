// The pages of the conformance tests, bundled as users bundle, with the fault server under the same origin.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { startFixture } from '../../lib/fixture.mjs';
import { serve } from '../../lib/static-site.mjs';
import { readVectors } from '../../core/vectors/read.mjs';

/** Bundles `entry` with the packages that are installed in these folders, and serves it with the pages around it. */
export async function startSite(entry, ...folders) {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  await build({
    entryPoints: [new URL(entry, import.meta.url).pathname],
    outfile: join(folder, 'script.js'),
    bundle: true,
    format: 'iife',
    target: 'es2022',
    logLevel: 'warning',
    nodePaths: folders.map((installed) => join(installed, 'node_modules')),
  });
  const script = '<script src="script.js"></script>';
  await writeFile(
    join(folder, 'index.html'),
    `<!doctype html><meta charset="utf-8"><title>conformance</title><body>${script}`,
  );
  await writeFile(
    join(folder, 'frame.html'),
    `<!doctype html><title>frame</title>${script}<base href="http://127.0.0.1:9/elsewhere/base">`,
  );
  const policy = `<meta http-equiv="Content-Security-Policy" content="connect-src 'self'">`;
  await writeFile(join(folder, 'policy.html'), `<!doctype html><title>policy</title>${policy}${script}`);
  await writeFile(
    join(folder, 'latin.htm'),
    `<!doctype html><meta charset="windows-1252"><title>latin</title>${script}`,
  );
  await writeFile(join(folder, 'vectors.json'), JSON.stringify(vectors()));

  const fixture = await startFixture('--port', '0', '--fault-port', '0');
  const site = await serve(folder, {}, { prefix: '/fault/', to: fixture.faults });
  return {
    url: `${site.url}/index.html`,
    /** The same fault server three times: of the page's origin, of another, and for the tests' own requests. */
    servers: { near: site.url, far: fixture.faults, control: fixture.faults.replace('127.0.0.1', 'localhost') },
    fixture,
    async close() {
      await site.close();
      await fixture.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Those that an `EventSource` can be asked for: without a limit, and without a place to start. */
function vectors() {
  const isPlain = ({ limit, start }) => limit === 16 << 20 && start === '';
  return readVectors()
    .filter(isPlain)
    .map(({ name, stream, items }) => {
      const events = items
        .filter((item) => 'data' in item)
        .map(({ type, data, lastEventId }) => ({ type, data, lastEventId }));
      return {
        name,
        stream: Buffer.from(stream).toString('base64'),
        types: [...new Set(events.map(({ type }) => type))],
        events,
      };
    });
}
