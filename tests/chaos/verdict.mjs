// Compares the ledger of a client with the log.

/** Returns what is wrong with a ledger, in numbers that must all be 0, and what was announced as missing.
 *  A log that was deleted or evicted continues in a new epoch. Each client must have got a `gap` for it.
 *  @param log the first event (`first`, with epoch and `from`), and the last one (`epoch`, `to`)
 *  @param holes how often the log was trimmed while the client was away */
export function judge(ledger, log, holes = 0) {
  const { runs } = ledger;
  const seams = runs.map((_, index) => seam(ledger, index, log.first));
  const announced = sum(seams.map(({ announced = 0 }) => announced));
  const isPending = ledger.gaps.some(([at]) => at === runs.length);
  return {
    lost: expected(runs, log) - union(runs) - announced,
    duplicated: sum(runs.map(([, from, to]) => to - from + 1)) - union(runs),
    disordered: runs.filter((run, index) => index > 0 && !isAfter(run, runs[index - 1])).length,
    foreign: runs.filter((run) => isForeign(run, log)).length,
    damaged: ledger.damaged,
    stopped: ledger.stopped === null ? 0 : 1,
    gaps:
      Math.abs(seams.filter(({ isHole }) => isHole).length - holes) +
      seams.filter(({ isWrong }) => isWrong).length +
      Number(isPending),
    announced,
  };
}

const isAfter = ([epoch, from], [before, , to]) => epoch > before || (epoch === before && from > to);

const isForeign = ([epoch, from, to], log) =>
  epoch < log.first.epoch ||
  epoch > log.epoch ||
  (epoch === log.first.epoch && from < log.first.from) ||
  (epoch === log.epoch && to > log.to);

/** Counts the events that a client must have got: of each epoch that it saw, all from the first one on. The end of
 *  an earlier epoch is unknown, because the log was deleted. */
function expected(runs, log) {
  const last = new Map([[log.epoch, log.to]]);
  for (const [epoch, , to] of runs) {
    if (epoch !== log.epoch) last.set(epoch, Math.max(last.get(epoch) ?? 0, to));
  }
  const counts = [...last].map(([epoch, to]) => to - (epoch === log.first.epoch ? log.first.from : 1) + 1);
  return sum(counts);
}

/** Judges the gaps before the run `index`. */
function seam({ runs, gaps: all }, index, first) {
  const [before, after] = [runs[index - 1], runs[index]];
  const gaps = all.filter(([at]) => at === index).map(([, gap]) => gap);
  const [epoch, , to] = before ?? [first.epoch, first.from, first.from - 1];
  if (after[0] !== epoch) {
    // The first gap names the last event of the epoch before.
    const isAnnounced = gaps[0]?.requested === `${epoch}-${to}` && gaps.every(({ reason }) => reason === 'epoch');
    return { isWrong: !isAnnounced };
  }
  if (gaps.length === 0) return {};
  const announced = missing(before, gaps, after);
  return Number.isNaN(announced) ? { isWrong: true, isHole: true } : { announced, isHole: true };
}

/** Returns how many events the gaps between two runs of one epoch announce as missing, or NaN if a gap is not
 *  exact. There is more than one gap if the connection broke before the next event, or if the log was trimmed again
 *  before the node sent it. The reason is then `lag`. */
function missing(before, gaps, after) {
  if (!before) return Number.NaN;
  const [epoch, , end] = before;
  let at = end;
  for (const { requested, first, missed, reason } of gaps) {
    const next = at + missed + 1;
    if (!['trimmed', 'lag'].includes(reason) || requested !== `${epoch}-${at}` || first !== `${epoch}-${next}`)
      return Number.NaN;
    at = next - 1;
  }
  return at + 1 === after[1] ? at - end : Number.NaN;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** Counts the different ids in the runs. */
function union(runs) {
  let [count, epoch, end] = [0, -1, -1];
  for (const [next, from, to] of runs.toSorted(([a, b], [c, d]) => a - c || b - d)) {
    if (next !== epoch) [epoch, end] = [next, -1];
    count += Math.max(to - Math.max(from - 1, end), 0);
    end = Math.max(end, to);
  }
  return count;
}

/** The verdicts of all clients that have anything wrong, by name. */
export function offenders(verdicts) {
  return Object.entries(verdicts).filter(([, { announced, ...faults }]) =>
    Object.values(faults).some((count) => count !== 0),
  );
}
