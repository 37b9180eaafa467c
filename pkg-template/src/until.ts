// The option `until`: the event that ends a stream.
import { EventSourceError } from './errors.ts';
import type { StreamEvent } from './event-classes.ts';
import { report } from './report-exception.ts';

/**
 * Marks the last event of a stream.
 *
 * - A string: the event with exactly this data. It is not delivered.
 * - A function: the event for which it returns `true`. It is delivered.
 */
export type Until<Event> = string | ((event: Event) => boolean);

/** Returns whether an event is the last one. If the function throws, the exception is reported and the event is not. */
export function isLast<Event extends StreamEvent>(until: Until<Event>, event: Event): boolean {
  if (typeof until === 'string') return event.data === until;
  try {
    return Boolean(until(event));
  } catch (thrown) {
    report(thrown);
    return false;
  }
}

/** Returns the error of a stream that ended before its last event. */
export function endedEarly(): EventSourceError {
  return new EventSourceError('The stream ended before the event of `until`. Send the request again.', {
    reason: 'end',
  });
}
