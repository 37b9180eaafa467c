// The hook that the functions of the entry `./observe` use.
import { report } from '../report-exception.ts';
import type { SourceController, Watcher, WatchStep } from '../source-controller.ts';
import { controllerOf, type AuthenticatedEventSource } from '../event-source.ts';

/** A source of any entry. */
// biome-ignore lint/suspicious/noExplicitAny: accepts every event map
export type Source = AuthenticatedEventSource<any> | EventSource;

/**
 * Calls `watcher[step](…)` for what happens to a source, as long as the source exists. Earlier watchers are called first.
 * For an event, `false` drops it, and an event object is fired instead of it.
 */
export function watch(source: Source, watcher: Watcher): SourceController {
  const controller = controllerOf(source);
  const former = controller.watch;
  controller.watch = (step: WatchStep, ...args: unknown[]) => {
    const result = (former as AnyWatch | undefined)?.(step, ...args);
    if (result === false) return result;
    try {
      return (watcher[step] as AnyCallback | undefined)?.(...args) ?? result;
    } catch (thrown) {
      // An observer must not break the stream.
      report(thrown);
      return result;
    }
  };
  return controller;
}

/** Returns the name of the source's class. */
export function tagOf(source: object): string {
  return (source as { [Symbol.toStringTag]: string })[Symbol.toStringTag];
}

type WatchResult = ReturnType<NonNullable<Watcher['message']>>;
type AnyCallback = (...args: unknown[]) => WatchResult;
type AnyWatch = (step: WatchStep, ...args: unknown[]) => WatchResult;
