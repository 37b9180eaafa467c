// Bytes on the left, what the parser makes of them on the right.
import { EventStreamParser } from 'authenticated-event-source';
import markup from './wire.html?raw';
import './wire.css';
import { byId, element, place } from '../page.js';
import { Session } from '../session.js';
import { SAMPLES, toBytes, toText } from './samples.js';

place('wire', markup);

const session = new Session('wire tapper');
/** Rows that are kept. */
const ROWS = 400;
let listening;

for (const name of Object.keys(SAMPLES)) byId('sample').append(new Option(name));
byId('sample').addEventListener('change', showSample);
byId('parse').addEventListener('click', parse);
byId('listen').addEventListener('click', () => (listening ? stop() : listen()));
showSample();

function showSample() {
  // A text area turns every line end into LF, so the others are spelled out.
  byId('bytes').value = SAMPLES[byId('sample').value].replaceAll('\r', '\\r');
}

/** Cuts the text into pieces: cutting elsewhere gives the same events. */
function parse() {
  stop();
  byId('wire-rows').replaceChildren();
  const parser = new EventStreamParser();
  const bytes = toBytes(byId('bytes').value);
  const size = Math.max(1, byId('cut').valueAsNumber || 1);
  for (let start = 0; start < bytes.length; start += size) {
    const piece = bytes.slice(start, start + size);
    addRow(piece, parser.feed(piece));
  }
  parser.end();
}

async function listen() {
  listening = new AbortController();
  showListening(true);
  byId('wire-rows').replaceChildren();
  const { signal } = listening;
  try {
    const headers = { authorization: `Bearer ${await session.token()}` };
    const response = await fetch('/api/metrics', { headers, cache: 'no-store', signal });
    const parser = new EventStreamParser();
    for await (const chunk of pieces(response.body)) addRow(chunk, parser.feed(chunk));
    addNote('The server has ended the stream.');
  } catch (error) {
    if (!signal.aborted) addNote(error.message);
  }
  if (listening?.signal === signal) stop();
}

/** The chunks of a body. Not every browser can loop over a `ReadableStream` itself. */
async function* pieces(body) {
  const reader = body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

function stop() {
  listening?.abort();
  listening = undefined;
  showListening(false);
}

function showListening(isListening) {
  byId('listen').setAttribute('aria-pressed', isListening);
  byId('listen').textContent = isListening ? 'Stop listening' : 'Listen to the live stream';
}

function addRow(bytes, events) {
  const row = element('tr', '');
  row.append(element('td', '', toText(bytes)), element('td', '', events.map(describe).join('\n')));
  append(row);
}

function addNote(text) {
  const row = element('tr', '');
  row.append(element('td', 'warn', text), element('td', ''));
  append(row);
}

/** Adds the newest at the end, and keeps it in sight for whoever was there. */
function append(row) {
  const box = byId('wire-box');
  const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
  byId('wire-rows').append(row);
  if (byId('wire-rows').children.length > ROWS) byId('wire-rows').firstElementChild.remove();
  if (listening && isAtEnd) box.scrollTop = box.scrollHeight;
}

/** One line for each event: type, data and, if there is one, the last event ID. */
function describe({ type, data, lastEventId }) {
  const shown = data.startsWith('{') ? data : JSON.stringify(data);
  return [type, shown, lastEventId && `· id ${lastEventId}`].filter(Boolean).join(' ');
}
