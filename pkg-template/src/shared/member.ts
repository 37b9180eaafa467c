import { CLOSED, OPEN } from '../source-controller.ts';
import { ALONE, APART, AWAY, FOLLOWING, Group } from './group.ts';
import { toError, toResponse } from './messages.ts';
import { isShareable, nameOf, readShared } from './options.ts';
import { Recent } from './replay-buffer.ts';
import { Repeats } from './duplicate-filter.ts';
import { TellingClient } from './leader.ts';

/**
 * A client that may do without a driver: where another tab leads, it hears from that tab what a driver
 * would tell it. (The methods of the class above tell nothing while we do not lead.)
 */
export class SharedClient extends TellingClient {
  /** The class refuses the option `shared` where this is not said. */
  static canShare = true;
  /** What the new leader will say again. */
  #repeats = new Repeats();
  /** While apart: whether the others have an open connection. */
  #areOthersOpen = false;

  constructor(target, url, options) {
    super(target, url, options);
    this.shared = readShared(options);
    this.#startAt(this.lastEventId);
  }

  get role() {
    return this.group?.role ?? ALONE;
  }

  // What the class asks for.

  connect() {
    if (isShareable(this)) this.#takePart();
    else super.connect();
  }

  async #takePart() {
    const name = await nameOf(this);
    if (this.readyState === CLOSED) return;
    this.released.addEventListener('abort', () => this.leave());
    this.group = new Group(name, this);
  }

  reconnect() {
    if (this.role === FOLLOWING) this.group.ask('reconnect');
    else super.reconnect();
  }

  reset() {
    super.reset();
    this.#startAt('');
  }

  #startAt(id) {
    this.lastEventId = id;
    this.recent = new Recent(id);
  }

  // What the group tells: our part in it.

  lead(wasApart) {
    if (wasApart) this.#startAt(this.lastEventId);
    else this.#lose();
    // A listener may have closed us.
    if (this.readyState === CLOSED) return;
    this.beginTelling();
    if (!wasApart) super.connect();
  }

  /** Another tab took the lock, because it had no answer from us. */
  stepDown() {
    super.disconnect();
    this.#lose();
    if (this.readyState !== CLOSED) this.group.join();
  }

  leave() {
    if (this.role === AWAY || this.role === ALONE) return;
    this.tellRecords();
    this.group.leave(this.leavesLate);
    super.disconnect();
    super.reconnecting('suspension');
  }

  goAlone() {
    this.group.leave();
    this.group.role = ALONE;
    super.connect();
  }

  /** Nobody leads, or somebody who has to connect first. */
  #lose() {
    if (this.state.phase !== 'connecting') super.reconnecting('takeover');
  }

  // What the leader tells.

  /** A new leader goes on from `id`. */
  align({ id }) {
    this.#areOthersOpen = false;
    if (this.role === APART) {
      this.recent = new Recent(id);
      return;
    }
    this.#lose();
    if (this.readyState === CLOSED) return;
    const had = this.recent.after(id);
    if (this.lastEventId === '') this.#startAt(id);
    else if (id !== this.lastEventId && !had) return void this.group.findPlace();
    this.#repeats = new Repeats(id, had);
    this.group.role = FOLLOWING;
  }

  /** The leader is at `id`; what came since our place is in the records, if it knows our place. */
  settle({ id, head, records, reconnectionTime }) {
    this.#repeats = new Repeats();
    if (!records) {
      this.group.role = APART;
      this.recent = new Recent(id);
      this.#areOthersOpen = head !== undefined;
      super.connect();
      return;
    }
    this.group.role = FOLLOWING;
    if (this.lastEventId === '') this.#startAt(id);
    this.initialDelay = reconnectionTime;
    if (head) this.#open(head);
    this.#take(records);
  }

  follow({ kind, head, records, reconnectionTime, cause, error, retryIn, attempt, isEnd }) {
    if (kind === 'opened') this.#open(head);
    else if (kind === 'reconnecting') super.reconnecting(cause, attempt);
    else if (kind === 'failed') super.failed(toError(error), retryIn, attempt, isEnd);
    else if (kind === 'records') {
      this.initialDelay = reconnectionTime;
      this.#take(records);
    }
  }

  #open(head) {
    if (this.readyState !== OPEN) super.opened(toResponse(head), false);
  }

  #take(records) {
    for (const given of records) {
      // A listener may have closed us.
      if (this.role !== FOLLOWING) return;
      const record = this.#repeats.news(given, this.lastEventId);
      if (!record) continue;
      this.recent.push(record);
      this.#deliver(record);
    }
  }

  #deliver([id, type, data, hasId]) {
    // A leader that was reset has no ID any more; we have ours.
    if (id !== '' || hasId || data === undefined) this.lastEventId = id;
    if (type !== undefined) super.message(type, data, hasId ? id : undefined);
    else if (data !== undefined) super.comment(data);
  }

  // While we are apart.

  dispatch(...table) {
    super.dispatch(...table);
    if (this.role === APART) this.#meet();
  }

  overhear({ kind, records = [] }) {
    if (kind === 'opened') this.#areOthersOpen = true;
    if (kind === 'reconnecting' || kind === 'failed') this.#areOthersOpen = false;
    for (const record of records) this.recent.push(record);
    this.#meet();
  }

  /** Goes on with the others if they have had what came last on our own connection. */
  #meet() {
    const rest = this.#areOthersOpen && this.readyState === OPEN && this.recent.after(this.lastEventId);
    if (!rest) return;
    super.disconnect();
    this.group.role = FOLLOWING;
    for (const record of rest) {
      if (this.role === FOLLOWING) this.#deliver(record);
    }
  }
}
