// Delivery delay at a calm rate: the server writes the time into each event, one every 5 ms.
import { readBarely } from './bare-reader.mjs';
import { rotated } from './clock.mjs';
import { clients } from './copies.mjs';
import { BARE_READER, NO_PARSER, NO_PARSER_EVENTS } from './names.mjs';

/** At this rate each chunk is one event. */
function bareReader(url, count, onEvent) {
  let seen = 0;
  return readBarely(url, (text) => {
    onEvent(text.slice('data: '.length));
    return ++seen === count;
  });
}

/** The delays in milliseconds by client. The clocks of server and page differ by the same for all:
 *  compare the rows, and not with zero. */
export async function measureDelay({ clock, full }) {
  // Many short connections: within one of them all events find the machine in the same rhythm.
  const count = 100;
  const readers = (await clients()).filter(([name]) => name !== NO_PARSER && name !== NO_PARSER_EVENTS);
  const rows = readers.map(([name, read]) => [name, name === BARE_READER ? bareReader : read]);
  const delays = Object.fromEntries(rows.map(([name]) => [name, []]));
  for (let round = 0; round < (full ? 60 : 20); round++) {
    for (const [name, read] of rotated(rows, round)) {
      await read(clock, count, (data) =>
        delays[name].push(performance.timeOrigin + performance.now() - parseFloat(data)),
      );
    }
  }
  return delays;
}
