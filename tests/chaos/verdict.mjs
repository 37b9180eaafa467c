// A client's ledger held against the log.

/** What is wrong with a ledger, in numbers that are all to be 0, and what was announced as missing.
 *  @param log epoch, first and last sequence of all that was ever stored
 *  @param holes how often the log was trimmed behind the client's back */
export function judge(ledger, log, holes = 0) {
  const { runs } = ledger;
  const places = [...new Set(ledger.gaps.map(([index]) => index))];
  const announced = places.map((index) => {
    const gaps = ledger.gaps.filter(([before]) => before === index).map(([, gap]) => gap);
    return missing(runs[index - 1], gaps, runs[index]);
  });
  const sizes = runs.map(([, from, to]) => to - from + 1);
  const seen = sum(sizes);
  const distinct = union(runs);
  return {
    lost: log.to - log.from + 1 - distinct - sum(announced),
    duplicated: seen - distinct,
    disordered: runs.filter(([, from], index) => index > 0 && from <= runs[index - 1][2]).length,
    foreign: runs.filter(([epoch, from, to]) => epoch !== log.epoch || from < log.from || to > log.to).length,
    damaged: ledger.damaged,
    stopped: ledger.stopped === null ? 0 : 1,
    gaps: Math.abs(places.length - holes) + announced.filter(Number.isNaN).length,
    announced: sum(announced),
  };
}

/** How many events the gaps between two runs announce as missing, if they say exactly what happened;
 *  else NaN. More than one: the connection broke before the first event after the gap, and more had
 *  been trimmed when the client was back. */
function missing(before, gaps, after) {
  if (!before || !after) return Number.NaN;
  const [epoch, , end] = before;
  let at = end;
  for (const { requested, first, missed, reason } of gaps) {
    const next = at + missed + 1;
    if (reason !== 'trimmed' || requested !== `${epoch}-${at}` || first !== `${epoch}-${next}`) return Number.NaN;
    at = next - 1;
  }
  return at + 1 === after[1] && epoch === after[0] ? at - end : Number.NaN;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** How many different ids are in the runs. */
function union(runs) {
  let [count, end] = [0, -1];
  for (const [, from, to] of runs.toSorted(([, a], [, b]) => a - b)) {
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
