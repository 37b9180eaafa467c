// A short run of the chaos in every run of the tests, with another seed each time.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { runChaos } from './chaos.mjs';
import { KINDS, plan } from './plan.mjs';
import { judge, offenders } from './verdict.mjs';

const SECONDS = 20;

test('the same seed makes the same plan, another seed another, and each kind of act comes', () => {
  assert.deepEqual(plan(7, 30), plan(7, 30));
  assert.notDeepEqual(plan(7, 30), plan(8, 30));
  for (let seed = 0; seed < 100; seed += 1) {
    assert.deepEqual([...new Set(plan(seed, SECONDS).map(({ kind }) => kind))].sort(), KINDS.toSorted());
  }
});

test('the judge finds what is lost, repeated, out of order, foreign, damaged and not announced', () => {
  const log = { epoch: 5, from: 0, to: 9 };
  const gap = { requested: '5-3', first: '5-6', missed: 2, reason: 'trimmed' };
  const ledger = (runs, members = {}) => ({ runs, gaps: [], damaged: 0, stopped: null, ...members });
  const faults = (...given) => {
    const wrong = Object.entries(judge(ledger(...given), log)).filter(([, count]) => count !== 0);
    return Object.fromEntries(wrong);
  };
  assert.deepEqual(faults([[5, 0, 9]]), {});
  assert.deepEqual(faults([[5, 0, 3], [5, 6, 9]]), { lost: 2 });
  assert.deepEqual(faults([[5, 0, 8]]), { lost: 1 });
  assert.deepEqual(faults([[5, 0, 5], [5, 4, 9]]), { duplicated: 2, disordered: 1 });
  assert.deepEqual(faults([[5, 5, 9], [5, 0, 4]]), { disordered: 1 });
  assert.deepEqual(faults([[5, 0, 9], [6, 0, 0]]), { duplicated: 1, disordered: 1, foreign: 1 });
  assert.deepEqual(faults([[5, 0, 9]], { damaged: 1, stopped: 'end' }), { damaged: 1, stopped: 1 });
  assert.deepEqual(judge(ledger([[5, 0, 3], [5, 6, 9]], { gaps: [[1, gap]] }), log, 1).announced, 2);
  assert.ok(judge(ledger([[5, 0, 3], [5, 7, 9]], { gaps: [[1, gap]] }), log, 1).gaps > 0, 'a gap that says too little');
  const later = { requested: '5-5', first: '5-7', missed: 1, reason: 'trimmed' };
  assert.equal(judge(ledger([[5, 0, 3], [5, 7, 9]], { gaps: [[1, gap], [1, later]] }), log, 1).announced, 3);
  assert.ok(judge(ledger([[5, 0, 9]], { gaps: [[1, gap]] }), log, 1).gaps > 0, 'a gap where nothing is missing');
});

test('every client has every id exactly once, in order, whatever is killed, cut and delayed', { timeout: 240_000 }, async (t) => {
  const seed = process.env.CHAOS_SEED ?? randomInt(2 ** 31);
  t.diagnostic(`seed ${seed}: CHAOS_SEED=${seed} repeats the plan`);
  const { exact, trimmed, acts } = await runChaos({
    seed, seconds: SECONDS, rate: 40, counts: { native: 40, node: 4, contexts: 2 },
    say: ({ at, kind, ...details }) => t.diagnostic(`${at.toFixed(1)} s: ${kind} ${JSON.stringify(details)}`),
  });
  t.diagnostic(`${acts.length} acts, ${exact.log.to - exact.log.from + 1} events, ${exact.acknowledged} acknowledged; at the end after ${exact.seconds} s`);
  assert.deepEqual(offenders(exact.verdicts), []);
  const stored = exact.log.to - exact.log.from + 1;
  assert.ok(stored >= exact.acknowledged, 'what was acknowledged is stored');
  assert.ok(exact.ledgers.every(({ connections }) => connections > 1), 'every client was cut off');
  assert.deepEqual(offenders(trimmed.verdicts), []);
  for (const { announced } of Object.values(trimmed.verdicts)) assert.ok(announced >= trimmed.missed && announced > 0);
});
