// The entry `./shared`: one connection for several tabs.
import { classOf, tagged } from './class-names.ts';
import type { EventTypes } from './event-classes.ts';
import { AuthenticatedEventSource as Base, CONTROLLER, controllerOf } from './event-source.ts';
import type { EventsOf, InitOf, ParseOf, UrlOf } from './event-map.ts';
import type { AuthenticatedEventSourceInit as BaseInit, Parse } from './options.ts';
import type { Role } from './shared/group.ts';
import { Member } from './shared/member.ts';
import type { SharedOptions } from './shared/options.ts';

export { EventSourceError } from './errors.ts';
export type { Role } from './shared/group.ts';
export type { SharedOptions } from './shared/options.ts';

/** The second argument. All members except `withCredentials` are `[NON-SPEC]`. */
export interface AuthenticatedEventSourceInit<Data = string> extends BaseInit<Data> {
  /** One connection for all tabs and workers of this origin that request the same stream. Default `false`. */
  shared?: boolean | SharedOptions;
}

/** An `AuthenticatedEventSource` that can share one connection with other tabs and workers. */
export interface AuthenticatedEventSource<Events extends EventTypes = Record<string, string>> extends Base<Events> {
  /** `[NON-SPEC]` What this source does for the others. */
  readonly role: Role;
}

/** The class. */
export const AuthenticatedEventSource: Pick<typeof Base, 'CONNECTING' | 'OPEN' | 'CLOSED' | 'fromReadableStream'> & {
  /** The prototype of all sources. Not typed, so that a class that extends this one may have more members. */
  // biome-ignore lint/suspicious/noExplicitAny: any other type would limit the members of the class that extends this one
  readonly prototype: any;
  /**
   * Connects, without a token and with the default options.
   *
   * @param url absolute, or relative to the document or worker
   * @throws `SyntaxError` `DOMException`: the URL is not valid
   */
  new <Events extends EventTypes = Record<string, string>>(url: UrlOf<Events>): AuthenticatedEventSource<Events>;
  /**
   * Connects, or joins the tabs that are connected.
   *
   * @param url absolute, or relative to the document or worker
   * @param init a bearer token, or options
   * @throws `SyntaxError` `DOMException`: the URL is not valid; `TypeError`: an option is not valid
   */
  new <Events extends EventTypes = never, How extends Parse<unknown> | undefined = ParseOf<Events>>(
    url: string | URL,
    init: InitOf<AuthenticatedEventSourceInit, How>,
  ): AuthenticatedEventSource<EventsOf<Events, How>>;
} = classOf({
  AuthenticatedEventSource: class extends Base {
    static [CONTROLLER] = Member;

    get role(): Role {
      return (controllerOf(this) as Member).role;
    }
  },
});

tagged({ AuthenticatedEventSource });
