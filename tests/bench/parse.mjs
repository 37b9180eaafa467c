// Parsing alone: workload × size of chunks × parser.
import { median, now, pause, rotated } from './clock.mjs';
import { FLOOR, OURS } from './names.mjs';
import { PARSERS } from './parsers.mjs';
import { CHUNK_SIZES, TEXTS, WORKLOADS, inChunks } from './workloads.mjs';

const WARM_UP = 6;
/** As many passes as take about this long, in milliseconds: the clock has its price too. */
const SPAN = 30;

/** What all parsers make of the stream; it is an error if they do not agree. */
async function agreed(name, chunks, parsers) {
  const results = [];
  for (const { name: parser, parse } of parsers) {
    if (parser !== FLOOR) results.push(await parse(chunks));
  }
  const [first] = results;
  const differs = results.some(({ events, characters }) => events !== first.events || characters !== first.characters);
  if (differs) throw new Error(`the parsers differ over ${name}: ${JSON.stringify(results)}`);
  return first.events;
}

/** The median time that one call of the clock takes. */
async function priceOfTheClock(now) {
  const prices = [];
  for (let round = 0; round < 5; round++) {
    const start = await now();
    prices.push((await now()) - start);
  }
  return median(prices);
}

async function time(parse, chunks, passes, price, now) {
  const start = await now();
  for (let pass = 0; pass < passes; pass++) await parse(chunks);
  return Math.max((await now()) - start - price, 0.001) / passes;
}

async function passesOf(parse, chunks, span) {
  for (let pass = 0; pass < WARM_UP; pass++) await parse(chunks);
  const start = performance.now();
  await parse(chunks);
  return Math.max(1, Math.min(50, Math.round(span / (performance.now() - start))));
}

/** One cell: the times of all rounds, by parser. In each round every parser has its turn, so that
 *  what disturbs the machine disturbs all. */
async function cell(chunks, parsers, rounds, now, span = SPAN) {
  const price = await priceOfTheClock(now);
  const passes = [];
  for (const { parse } of parsers) passes.push(await passesOf(parse, chunks, span));
  const times = Object.fromEntries(parsers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [index, { name, parse }] of rotated([...parsers.entries()], round)) {
      times[name].push(await time(parse, chunks, passes[index], price, now));
    }
  }
  return times;
}

/** Engines compile what runs often in the background, and take their time: without this the first rows would tell of
 *  that, and not of parsing. */
async function warmUp() {
  for (const [, bytes] of WORKLOADS) {
    const chunks = inChunks(bytes, CHUNK_SIZES[1]);
    for (const { parse } of PARSERS) await parse(chunks);
  }
  await pause(1000);
}

/** The rounds of one process; there are several. */
const ROUNDS = 3;

/** All cells: workload, chunk size, number of events, times in ms by parser. */
export async function measureParse({ full }) {
  const cells = [];
  await warmUp();
  for (const [workload, bytes] of WORKLOADS) {
    for (const chunkSize of CHUNK_SIZES) {
      const parsers = PARSERS.filter(({ knows }) => knows?.(workload, chunkSize, full) ?? true);
      const chunks = inChunks(bytes, chunkSize);
      const events = await agreed(workload, chunks, parsers);
      cells.push({ workload, chunkSize, events, times: await cell(chunks, parsers, ROUNDS, now) });
    }
  }
  return { floor: FLOOR, cells };
}

/** The rows of a warm process. */
const WARM = PARSERS.filter(({ name }) => name === OURS || name === 'eventsource-parser');

/** Every workload of a warm process: the texts, and tokens in ASCII. */
const WARM_WORKLOADS = [WORKLOADS[0], ...TEXTS];

/** Short rounds, many of them: the clock also counts the time in which the machine does other work. */
const WARM_SPAN = 2;

/** Parses everything for this long before a warm process is measured, in milliseconds. */
const WARMING = 10_000;

/**
 * The cells of one warm process by the clock: all engines have compiled both parsers for every kind of text. A page that
 * reads many streams is warm; a page that reads its first stream is cold.
 */
export async function measureWarm({ full }) {
  const streams = WARM_WORKLOADS.flatMap(([workload, bytes]) =>
    CHUNK_SIZES.map((chunkSize) => ({ workload, chunkSize, chunks: inChunks(bytes, chunkSize) })),
  );
  const start = performance.now();
  while (performance.now() - start < WARMING) {
    for (const { chunks } of streams) for (const { parse } of WARM) await parse(chunks);
    await pause();
  }
  const cells = [];
  for (const { workload, chunkSize, chunks } of streams) {
    const events = await agreed(workload, chunks, WARM);
    const times = await cell(chunks, WARM, full ? 81 : 31, async () => performance.now(), WARM_SPAN);
    cells.push({ workload, chunkSize, events, times });
  }
  return { floor: FLOOR, cells };
}
