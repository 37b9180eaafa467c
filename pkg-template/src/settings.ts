// The options that the WebAssembly reads, as a list of numbers.
import type { ResolvedOptions } from './options.ts';
import { SETTINGS } from './protocol.ts';
import type { SourceController } from './source-controller.ts';

/** Every setting, so that code that omits one does not compile. Times are milliseconds. */
type Settings = Record<(typeof SETTINGS)[number], number | boolean>;

/** Returns the settings as numbers, in their order. A flag is 0 or 1. */
export function settingsOf(
  { auth, retry, limits, request }: ResolvedOptions,
  { isFetchable, isMixedContent }: Pick<SourceController, 'isFetchable' | 'isMixedContent'>,
): number[] {
  const settings: Settings = {
    ...auth,
    ...retry,
    ...limits,
    ...request,
    isFetchable,
    isMixedContent,
    isIsolated: globalThis.crossOriginIsolated,
    sendsIdAsParam: request.lastEventIdParam !== undefined,
  };
  return SETTINGS.map((name) => Number(settings[name] ?? 0));
}
