// Functions of the caller that decide something at once.
import { report } from './report-exception.ts';

/** Returns the decision of the caller. An exception, and a promise, which would count as true, are reported and mean no. */
export function isTrue<Given>(predicate: (given: Given) => unknown, given: Given): boolean {
  try {
    const result = predicate(given);
    if ((result as Partial<Promise<unknown>> | undefined)?.then)
      throw new TypeError('`until` and `refreshOn` must not return a promise');
    return Boolean(result);
  } catch (thrown) {
    report(thrown);
    return false;
  }
}
