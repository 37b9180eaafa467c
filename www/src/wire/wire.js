// Bytes on the left, the parser's events on the right.
import { EventStreamParser } from 'authenticated-event-source';
import markup from './wire.html?raw';
import './wire.css';
import { onResponse } from '../live.js';
import { byId, element, place } from '../page.js';
import { SAMPLES, toBytes, toText } from './samples.js';

place('wire', markup);

/** Rows that are kept. */
const ROWS = 400;
let isListening = true;

for (const name of Object.keys(SAMPLES)) byId('sample').append(new Option(name));
byId('sample').addEventListener('change', showSample);
byId('parse').addEventListener('click', parse);
byId('listen').addEventListener('click', () => (isListening ? stop() : listen()));
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

function listen() {
  isListening = true;
  showListening();
  byId('wire-rows').replaceChildren();
}

/** Reads a copy of each response to the page's stream. A second connection is not needed. */
onResponse(async ({ body, status }) => {
  if (isListening) addNote(`A response arrives: ${status}`);
  const parser = new EventStreamParser();
  try {
    for await (const chunk of chunks(body)) {
      const events = parser.feed(chunk);
      if (isListening) addRow(chunk, events);
    }
    if (isListening) addNote('The response has ended.');
  } catch {
    if (isListening) addNote('The connection broke.');
  }
});

/** The chunks of a body. Not every browser can loop over a `ReadableStream` itself. */
async function* chunks(body) {
  const reader = body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

function stop() {
  isListening = false;
  showListening();
}

function showListening() {
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
  byId('wire-empty')?.remove();
  byId('wire-rows').append(row);
  if (byId('wire-rows').children.length > ROWS) byId('wire-rows').firstElementChild.remove();
  if (isListening && isAtEnd) box.scrollTop = box.scrollHeight;
}

/** One line for each event: type, data and, if there is one, the last event ID. */
function describe({ type, data, lastEventId }) {
  const shown = data.startsWith('{') ? data : JSON.stringify(data);
  return [type, shown, lastEventId && `· id ${lastEventId}`].filter(Boolean).join(' ');
}
