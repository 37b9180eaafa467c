// docs/guarantees.md names the tests that prove each promise of the READMEs.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = new URL('../../../', import.meta.url).pathname;
const read = (file) => readFileSync(join(ROOT, file), 'utf8');

const rows = read('docs/guarantees.md')
  .split('\n')
  .filter((line) => /^\| (?!promise |---)/.test(line))
  .map((line) => {
    const [promise, proofs] = line.slice(2, -2).split(' | ');
    return { promise, proofs: proofs.split('; ').map((proof) => proof.split(/^`(.*?)`: /).slice(1)) };
  });

test('each promise names tests that exist', () => {
  assert.ok(rows.length > 15, `only ${rows.length} rows`);
  for (const { promise, proofs } of rows) {
    for (const [file, name] of proofs) {
      assert.ok(file && existsSync(join(ROOT, file)), `${promise} There is no ${file}`);
      // A test of a table of cases has the rest of its name in a template.
      assert.ok(read(file).includes(name), `${promise} There is no test \`${name}\` in ${file}`);
    }
  }
});

test('each guarantee of the READMEs is a promise with a proof', () => {
  for (const file of ['README.md', 'src/README.md']) {
    const [, section] = read(file).split('## Guarantees\n');
    assert.match(section.split('\n## ')[0], /docs\/guarantees\.md/, `${file} does not name the list`);
  }
});
