// Reads the vectors (see README.md) for tests in JavaScript that run on a server-side runtime.
// A page takes what this returns as JSON: `stream` is base64 there.
import { readFileSync, readdirSync } from 'node:fs';

const directory = new URL('./', import.meta.url);

/**
 * @returns {{ name: string, why: string, start: string, limit: number, stream: Uint8Array,
 *   items: object[] }[]} all vectors, in the order of their names
 */
export function readVectors() {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => readVector(file));
}

function readVector(file) {
  const {
    why,
    start = '',
    limit = 16 << 20,
    stream,
    items,
  } = JSON.parse(readFileSync(new URL(file, directory), 'utf8'));
  return {
    name: file.slice(0, -'.json'.length),
    why,
    start,
    limit,
    stream: Uint8Array.from(Buffer.concat(stream.map(pieceToBytes))),
    items: items.map((item) => ('data' in item ? { ...item, data: toText(item.data) } : item)),
  };
}

function pieceToBytes(piece) {
  if (typeof piece === 'string') return Buffer.from(piece, 'utf8');
  if ('hex' in piece) return Buffer.from(piece.hex.replaceAll(' ', ''), 'hex');
  return Buffer.concat(Array(piece.times).fill(pieceToBytes(piece.repeat)));
}

function toText(data) {
  return typeof data === 'string' ? data : Buffer.concat(data.map(pieceToBytes)).toString('utf8');
}
