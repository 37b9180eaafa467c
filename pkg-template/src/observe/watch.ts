import { report } from '../source-controller.ts';
import { clientOf } from '../event-source.ts';

/**
 * Has `watcher[step](…)` told what happens to a source, for as long as there is one. Those that
 * came before are told first. Of an event, `false` says that it shall not be delivered, and an
 * event object is fired in its place.
 */
export function watch(source, watcher) {
  const client = clientOf(source);
  const former = client.watch;
  client.watch = (step, ...args) => {
    const said = former?.(step, ...args);
    if (said === false) return said;
    try {
      return watcher[step]?.(...args) ?? said;
    } catch (thrown) {
      // What only looks on must not break the stream.
      report(thrown);
      return said;
    }
  };
  return client;
}
