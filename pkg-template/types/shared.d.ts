import type {
  AuthenticatedEventSource as Base,
  AuthenticatedEventSourceInit as BaseInit,
  EventTypes,
} from './index.js';

export { EventSourceError } from './index.js';

/** With whom a connection is shared. */
export interface SharedOptions {
  /**
   * Names the user, and whatever else the credentials and headers say: only sources with the same
   * key, URL and options share. Tokens never go to other tabs, so it cannot be told from them.
   * Required with `auth`, `token` or `headers`. It is not shown to anybody.
   */
  key?: string;
  /**
   * Milliseconds (above 0) that the tab that holds the connection may be silent, and then again
   * leave a question unanswered, before another takes over. Default 10,000.
   */
  leaderTimeout?: number;
}

/** The second argument. All members are `[NON-SPEC]` but `withCredentials`. */
export interface AuthenticatedEventSourceInit<Data = string> extends BaseInit<Data> {
  /** One connection for all tabs and workers of this origin that ask for the same thing. Default `false`. */
  shared?: boolean | SharedOptions;
}

/**
 * What a source does for the others: `leading`: it holds the connection; `following`: it hears
 * from the one that does; `joining`: it looks for it; `apart`: it has a connection of its own
 * until it has caught up; `away`: its page is frozen, hidden or left; `alone`: nothing is shared.
 */
export type Role = 'leading' | 'following' | 'joining' | 'apart' | 'away' | 'alone';

/** An `AuthenticatedEventSource` that can use one connection together with other tabs and workers. */
export class AuthenticatedEventSource<Events extends EventTypes = Record<string, string>> extends Base<Events> {
  /**
   * Connects, or joins those who have.
   *
   * @param url absolute, or relative to the document or worker
   * @param init a bearer token, or options
   * @throws `SyntaxError` `DOMException`: the URL is not valid; `TypeError`: an option is not
   */
  constructor(url: string | URL, init?: string | AuthenticatedEventSourceInit<Events[keyof Events]>);

  /** `[NON-SPEC]` What this source does for the others. */
  readonly role: Role;
}
