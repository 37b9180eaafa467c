// How time and memory grow; all of it should be linear. In Node, whose memory can be asked for.
import { AuthenticatedEventSource, EventStreamParser } from 'authenticated-event-source';
import { median, now, pause } from './clock.mjs';

const encoder = new TextEncoder();
const ROUNDS = 5;

function parsed(chunks) {
  const parser = new EventStreamParser();
  let events = 0;
  for (const chunk of chunks) events += parser.feed(chunk).length;
  parser.end();
  return events;
}

function* chunksOf(bytes, size) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

function inChunks(text, size = 4096) {
  return [...chunksOf(encoder.encode(text), size)];
}

/** A source over a stream that `text` makes, read to its end by so many listeners. */
async function read(text, listeners = 1) {
  const body = new Blob([text]).stream();
  const source = AuthenticatedEventSource.fromReadableStream(body);
  let seen = 0;
  for (let number = 0; number < listeners; number++)
    source.addEventListener('message', () => {
      seen++;
    });
  await new Promise((resolve) => source.addEventListener('connectionclose', resolve));
  return seen;
}

const stream = (events, size = 100) => `data: ${'x'.repeat(size)}\n\n`.repeat(events);

/** What grows, and the work at each size. */
const TABLES = [
  [
    'events of 100 B, parsed',
    [50_000, 100_000, 200_000, 400_000],
    (events) => {
      const chunks = inChunks(stream(events));
      return () => parsed(chunks);
    },
  ],
  [
    'bytes of one event, in chunks of 4 KB, parsed',
    [1 << 20, 1 << 21, 1 << 22, 1 << 23],
    (bytes) => {
      const chunks = inChunks(stream(1, bytes));
      return () => parsed(chunks);
    },
  ],
  [
    'connections at once, 200 events each',
    [10, 20, 40, 80],
    (connections) => {
      const text = stream(200);
      return () => Promise.all(Array.from({ length: connections }, () => read(text)));
    },
  ],
  [
    'listeners of one source, 500 events',
    [1, 100, 200, 400],
    (listeners) => {
      const text = stream(500);
      return () => read(text, listeners);
    },
  ],
];

async function row(work) {
  await work();
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = await now();
    await work();
    times.push((await now()) - start);
  }
  globalThis.gc?.();
  await pause();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { time: median(times), memory: heapUsed + arrayBuffers };
}

/** `{ title, rows: [{ size, time, memory }] }`; the memory is what is still held afterwards. */
export async function measureGrowth() {
  const tables = [];
  for (const [title, sizes, prepare] of TABLES) {
    const rows = [];
    for (const size of sizes) rows.push({ size, ...(await row(prepare(size))) });
    tables.push({ title, rows });
  }
  return tables;
}
