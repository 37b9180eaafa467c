// Functions of the caller that decide something at once.
import { report } from './report-exception.ts';

/** Returns the decision of the caller. An exception, and a promise, which would count as true, are reported and mean no. */
export function isTrue<Value>(predicate: (value: Value) => unknown, value: Value): boolean {
  try {
    const result = predicate(value);
    if ((result as Partial<Promise<unknown>> | undefined)?.then)
      throw new TypeError('`until` and `refreshOn` must not return a promise');
    return Boolean(result);
  } catch (thrown) {
    report(thrown);
    return false;
  }
}
