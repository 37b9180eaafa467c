// One lane of the race, in a worker: the same lines for both classes.
import { AuthenticatedEventSource } from 'authenticated-event-source';

const CLASSES = { ours: AuthenticatedEventSource, native: EventSource };
/** Milliseconds between two reports. */
const PAUSE = 100;

self.onmessage = ({ data: { runner, url, total } }) => {
  const source = new CLASSES[runner](url);
  let events = 0;
  let began = 0;
  let reported = 0;
  const report = (now) => self.postMessage({ events, time: now - began });
  source.onmessage = () => {
    events += 1;
    if (events === 1) began = performance.now();
    // Asking for the time at each event would be a good part of what is measured.
    if (events % 256 !== 0 && events !== total) return;
    const now = performance.now();
    if (events === total) source.close();
    else if (now - reported < PAUSE) return;
    reported = now;
    report(now);
  };
  source.onerror = ({ message = 'the stream broke off' }) => {
    source.close();
    self.postMessage({ error: message });
  };
};
