// docs/policy.md names a proof for each case, and each scenario proves a case.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = new URL('../../../', import.meta.url).pathname;
const read = (file) => readFileSync(join(ROOT, file), 'utf8');
const scenarios = JSON.parse(read('tests/scenarios.json')).map(({ name }) => name);

/** The cases of the tables, each with the names in its last column. */
const rows = read('docs/policy.md')
  .split('\n')
  .filter((line) => /^\| (?!case |---)/.test(line))
  .map((line) => {
    const cells = line.split(' | ');
    return { name: cells[0], proofs: [...cells.at(-1).matchAll(/`([^`]+)`/g)].map(([, proof]) => proof) };
  });

test('each case of the policy names scenarios, or files of tests, that exist', () => {
  assert.ok(rows.length > 40, `only ${rows.length} rows`);
  for (const { name, proofs } of rows) {
    assert.ok(proofs.length > 0, `${name} has no proof`);
    for (const proof of proofs) {
      const exists = proof.includes('/') ? existsSync(join(ROOT, proof)) : scenarios.includes(proof);
      assert.ok(exists, `${name}: there is no ${proof}`);
    }
  }
});

test('each scenario proves a case of the policy', () => {
  const named = rows.flatMap(({ proofs }) => proofs);
  assert.deepEqual(
    scenarios.filter((name) => !named.includes(name)),
    [],
  );
});
