// Reads streams with both classes, and returns the events of each.
import { EventSource } from 'authenticated-event-source/event-source';

const CLASSES = { native: globalThis.EventSource, ours: EventSource };
/** Streams at once, in both classes; most of the time they wait to reconnect. */
const AT_ONCE = 24;
const DEADLINE = 60_000;

globalThis.read = async (streams) => {
  const left = [...streams];
  const read = {};
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let stream = left.shift(); stream; stream = left.shift()) {
        const [native, ours] = await Promise.all(Object.keys(CLASSES).map((client) => record(client, stream)));
        read[stream.index] = { native, ours };
      }
    }),
  );
  return read;
};

/** Everything that a source fires, up to the error that closes it for good. */
function record(client, { index, types }) {
  return new Promise((resolve) => {
    const source = new CLASSES[client](`/stream/${index}/${client}`);
    const fired = [];
    const end = (last) => {
      source.close();
      clearTimeout(timer);
      resolve([...fired, ...last]);
    };
    const timer = setTimeout(() => end([['not over in time']]), DEADLINE);
    for (const type of new Set(['open', 'message', 'error', ...types])) {
      source.addEventListener(type, (event) => {
        const { data, lastEventId, origin } = event;
        fired.push(
          event instanceof MessageEvent
            ? [type, data, lastEventId, origin, source.readyState]
            : [type, source.readyState],
        );
        if (source.readyState === 2) end([]);
      });
    }
  });
}
