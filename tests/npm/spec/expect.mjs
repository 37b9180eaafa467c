// What a case says. It runs in pages and workers, where there is no `node:assert`.

/** That two values look the same, as far as JSON and `undefined` show it. */
export function same(actual, expected, what = 'the value') {
  if (shown(actual) !== shown(expected)) throw new Error(`${what} is ${shown(actual)}, not ${shown(expected)}`);
}

export function holds(condition, what) {
  if (!condition) throw new Error(what);
}

/** That `action` throws what is an instance of `type`; returns it. */
export function throws(type, action, what = 'the call') {
  try {
    action();
  } catch (thrown) {
    holds(thrown instanceof type, `${what} threw ${thrown}, no ${type.name}`);
    return thrown;
  }
  throw new Error(`${what} threw nothing`);
}

function shown(value) {
  return JSON.stringify(value, (_, member) => (member === undefined ? 'undefined' : member));
}
