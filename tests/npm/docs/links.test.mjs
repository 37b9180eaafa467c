// The links of the documents lead somewhere, also where the documents are shown by others.
import assert from 'node:assert/strict';
import { readdirSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = new URL('../../../', import.meta.url).pathname;
const LINK = /\]\(([^)\s]+)\)/g;
const docs = readdirSync(join(ROOT, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name));

const source = (file) => readFileSync(join(ROOT, file), 'utf8');
const textOf = (document) => source(document).replaceAll(/^```.*?^```/gms, '');
const linksOf = (document) => [...textOf(document).matchAll(LINK)].map(([, link]) => link);

/** The anchors that a heading gets. */
const anchorsOf = (document) =>
  [...textOf(document).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );

for (const document of [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'pkg-template/README.md',
  'src/README.md',
  ...docs,
]) {
  test(`${document}: no link leads nowhere`, () => {
    for (const link of linksOf(document)) {
      if (link.startsWith('https://')) continue;
      const [path, anchor] = link.split('#');
      const target = path ? join(dirname(document), path) : document;
      assert.ok(existsSync(join(ROOT, target)), `${link}: there is no ${target}`);
      if (anchor) assert.ok(anchorsOf(target).includes(anchor), `${link}: there is no such heading`);
    }
  });
}

// npm and crates.io show the README alone: a link to a file beside it would lead nowhere there.
for (const document of ['pkg-template/README.md', 'src/README.md']) {
  test(`${document}: links are whole addresses, or stay on the page`, () => {
    assert.deepEqual(
      linksOf(document).filter((link) => !/^(https:\/\/|#)/.test(link)),
      [],
    );
  });
}

test('troubleshooting has a row for every reason of a failure', () => {
  const [, reasons] = source('pkg-template/src/errors.ts').match(/export type Reason =([^;]+);/);
  const names = [...reasons.matchAll(/'([a-z-]+)'/g)].map(([, name]) => name);
  assert.ok(names.length > 15);
  const text = source('docs/troubleshooting.md');
  for (const name of names) assert.match(text, new RegExp(`^\\| \`reason: '${name}'\``, 'm'), name);
});

// The compiler checks the examples of the crate's README.
test('the Rust examples of README.md are those of the README of the crate', () => {
  const examplesOf = (document) => readFileSync(join(ROOT, document), 'utf8').match(/^```rust\n.*?^```/gms);
  const compiled = examplesOf('src/README.md');
  for (const example of examplesOf('README.md')) assert.ok(compiled.includes(example), example);
});

// The suite `examples` compiles and runs the file.
test('the Rust example of docs/server.md is a part of the example that runs', () => {
  const [example] = source('docs/server.md').match(/(?<=^```rust\n).*?(?=^```)/ms);
  assert.ok(source('examples/parser/src/server.rs').includes(example));
});
