import { AuthenticatedEventSource as Base, CLIENT, clientOf } from './event-source.ts';
import { SharedClient } from './shared/member.ts';
import { tagged } from './class-names.ts';

export { EventSourceError } from './errors.ts';

/** An `AuthenticatedEventSource` that can use one connection together with other tabs and workers. */
export class AuthenticatedEventSource extends Base {
  static [CLIENT] = SharedClient;

  /** What this source does for the others, or they for it. */
  get role() {
    return clientOf(this).role;
  }
}

tagged({ AuthenticatedEventSource });
