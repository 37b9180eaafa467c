import { FLOOR, PARSERS } from './parsers.mjs';
import { CHUNK_SIZES, WORKLOADS, inChunks } from './workloads.mjs';

const WARM_UP = 2;
const ROUNDS = 9;

/** Milliseconds for one pass; as many passes as a clock of 0.1 ms needs. */
function time(parse, chunks) {
  const start = performance.now();
  let passes = 0;
  do {
    parse(chunks);
    passes++;
  } while (performance.now() - start < 5);
  return (performance.now() - start) / passes;
}

/** What all parsers make of the stream; it is an error if they do not agree. */
function agreed(name, chunks) {
  const results = PARSERS.map(([, parse]) => parse(chunks));
  const [first] = results;
  const differs = results.some(({ events, characters }) => events !== first.events || characters !== first.characters);
  if (differs) throw new Error(`the parsers differ over ${name}: ${JSON.stringify(results)}`);
  return first.events;
}

/** One cell: the times of all rounds, by parser. In each round every parser has its turn, so that
 *  what disturbs the machine disturbs all. */
function cell(chunks) {
  const rows = [...PARSERS, FLOOR];
  const times = rows.map(() => []);
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    rows.forEach(([, parse], row) => {
      const taken = time(parse, chunks);
      if (round >= 0) times[row].push(taken);
    });
  }
  return Object.fromEntries(rows.map(([name], row) => [name, times[row]]));
}

/** All cells: workload, chunk size, number of events, times in ms by parser. */
export async function measure() {
  const cells = [];
  for (const [workload, bytes] of WORKLOADS) {
    for (const chunkSize of CHUNK_SIZES) {
      const chunks = inChunks(bytes, chunkSize);
      cells.push({ workload, chunkSize, events: agreed(workload, chunks), times: cell(chunks) });
      // So that the browser does not take the page for dead.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  return cells;
}
