// The plan and the judge. The chaos itself runs by `run.mjs`, a short one in every run of the tests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KINDS, plan } from './plan.mjs';
import { judge } from './verdict.mjs';

/** Of the short run. */
const SECONDS = 20;

test('the same seed makes the same plan, another seed another, and each kind of act comes', () => {
  assert.deepEqual(plan(7, 30), plan(7, 30));
  assert.notDeepEqual(plan(7, 30), plan(8, 30));
  for (let seed = 0; seed < 100; seed += 1) {
    assert.deepEqual([...new Set(plan(seed, SECONDS).map(({ kind }) => kind))].sort(), KINDS.toSorted());
  }
});

test('the judge finds what is lost, repeated, out of order, foreign, damaged and not announced', () => {
  const log = { first: { epoch: 5, from: 0 }, epoch: 5, to: 9 };
  const gap = { requested: '5-3', first: '5-6', missed: 2, reason: 'trimmed' };
  const ledger = (runs, members = {}) => ({ runs, gaps: [], damaged: 0, stopped: null, ...members });
  const faults = (...given) => {
    const wrong = Object.entries(judge(ledger(...given), log)).filter(([, count]) => count !== 0);
    return Object.fromEntries(wrong);
  };
  assert.deepEqual(faults([[5, 0, 9]]), {});
  assert.deepEqual(
    faults([
      [5, 0, 3],
      [5, 6, 9],
    ]),
    { lost: 2 },
  );
  assert.deepEqual(faults([[5, 0, 8]]), { lost: 1 });
  assert.deepEqual(
    faults([
      [5, 0, 5],
      [5, 4, 9],
    ]),
    { duplicated: 2, disordered: 1 },
  );
  assert.deepEqual(
    faults([
      [5, 5, 9],
      [5, 0, 4],
    ]),
    { disordered: 1 },
  );
  assert.deepEqual(
    faults([
      [5, 0, 9],
      [6, 1, 1],
    ]),
    { foreign: 1, gaps: 1 },
  );
  assert.deepEqual(faults([[5, 0, 9]], { damaged: 1, stopped: 'end' }), { damaged: 1, stopped: 1 });
  assert.deepEqual(
    judge(
      ledger(
        [
          [5, 0, 3],
          [5, 6, 9],
        ],
        { gaps: [[1, gap]] },
      ),
      log,
      1,
    ).announced,
    2,
  );
  assert.ok(
    judge(
      ledger(
        [
          [5, 0, 3],
          [5, 7, 9],
        ],
        { gaps: [[1, gap]] },
      ),
      log,
      1,
    ).gaps > 0,
    'a gap that says too little',
  );
  const later = { requested: '5-5', first: '5-7', missed: 1, reason: 'lag' };
  assert.equal(
    judge(
      ledger(
        [
          [5, 0, 3],
          [5, 7, 9],
        ],
        {
          gaps: [
            [1, gap],
            [1, later],
          ],
        },
      ),
      log,
      1,
    ).announced,
    3,
  );
  assert.ok(judge(ledger([[5, 0, 9]], { gaps: [[1, gap]] }), log, 1).gaps > 0, 'a gap where nothing is missing');
});

test('the judge requires a gap for each new epoch, and all events of that epoch', () => {
  const log = { first: { epoch: 5, from: 1 }, epoch: 7, to: 4 };
  const gap = (requested, reason = 'epoch') => ({ requested, first: null, missed: null, reason });
  const faults = (runs, gaps) => {
    const verdict = judge({ runs, gaps, damaged: 0, stopped: null }, log);
    return Object.fromEntries(Object.entries(verdict).filter(([, count]) => count !== 0));
  };
  const [old, last] = [
    [5, 1, 9],
    [7, 1, 4],
  ];
  assert.deepEqual(faults([old, last], [[1, gap('5-9')]]), {});
  // The connection broke before the next event, or the epoch between had no event for this client.
  const twice = [
    [1, gap('5-9')],
    [1, gap('6-0')],
  ];
  assert.deepEqual(faults([old, last], twice), {});
  assert.deepEqual(faults([old, last], []), { gaps: 1 });
  assert.deepEqual(faults([old, last], [[1, gap('5-8')]]), { gaps: 1 });
  assert.deepEqual(faults([old, last], [[1, gap('5-9', 'lag')]]), { gaps: 1 });
  assert.deepEqual(faults([old, [7, 3, 4]], [[1, gap('5-9')]]), { lost: 2 });
  assert.deepEqual(faults([old, [7, 1, 3]], [[1, gap('5-9')]]), { lost: 1 });
  assert.deepEqual(faults([old], [[1, gap('5-9')]]), { lost: 4, gaps: 1 });
  assert.deepEqual(faults([[5, 2, 9], last], [[1, gap('5-9')]]), { lost: 1 });
});
