import { watch } from './watch.ts';

/** Figures of a source that count on as things happen. */
export function health(source) {
  const figures = { events: 0, bytes: 0, reconnects: 0, gaps: 0, lastByteAt: undefined };
  watch(source, {
    received(bytes) {
      figures.bytes += bytes;
      figures.lastByteAt = Date.now();
    },
    message() {
      figures.events++;
    },
    opened(_, resumed) {
      if (resumed) figures.reconnects++;
    },
    gap() {
      figures.gaps++;
    },
  });
  return figures;
}
