import { AuthenticatedEventSource as Base, CLIENT, clientOf } from './event-source.js';
import { SharedClient } from './shared/client.js';
import { tagged } from './names.js';

export { EventSourceError } from './errors.js';

/** An `AuthenticatedEventSource` that can use one connection together with other tabs and workers. */
export class AuthenticatedEventSource extends Base {
  static [CLIENT] = SharedClient;

  /** What this source does for the others, or they for it. */
  get role() {
    return clientOf(this).role;
  }
}

tagged({ AuthenticatedEventSource });
