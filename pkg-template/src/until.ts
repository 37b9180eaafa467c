// The option `until`: the event that ends a stream.
import { EventSourceError } from './errors.ts';
import type { StreamEvent } from './event-classes.ts';
import { isTrue } from './predicate.ts';

/**
 * Marks the last event of a stream.
 *
 * - A string: the event with exactly this data. It is not delivered.
 * - A function: the event for which it returns `true`. It is delivered.
 */
export type Until<Event> = string | ((event: Event) => boolean);

/** Returns whether an event is the last one. */
export function isLast<Event extends StreamEvent>(until: Until<Event>, event: Event): boolean {
  return typeof until === 'string' ? event.data === until : isTrue(until, event);
}

/** Returns the error of a stream that ended before its last event. */
export function endedEarly(): EventSourceError {
  return new EventSourceError('The stream ended before the event of `until`. Send the request again.', {
    reason: 'end',
  });
}
