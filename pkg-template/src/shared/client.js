import { CLOSED, Client, OPEN } from '../client.js';
import { ALONE, APART, AWAY, FOLLOWING, Group, LEADING } from './group.js';
import { factsOf, headOf, toError, toResponse } from './messages.js';
import { isShareable, nameOf, readShared } from './options.js';
import { Recent } from './recent.js';
import { Repeats } from './repeats.js';

/** What only the credentials or the page of one tab explain: each of the others finds out for itself. */
const OWN_REASONS = ['unauthorized', 'auth', 'request', 'csp', 'wasm'];

/**
 * A client that may do without a core: where another tab leads, it hears from that tab what a core
 * would tell it. Where it leads itself, the others hear what its core tells.
 */
export class SharedClient extends Client {
  /** `undefined` where nothing can be shared. */
  #group;
  /** The latest part of the stream: our own, and while apart that of the others. */
  #recent = new Recent('');
  /** What the new leader will say again. */
  #repeats = new Repeats();
  /** While apart: whether the others have an open connection. */
  #areOthersOpen = false;
  /** The records of a slice that were delivered here and are not yet told. */
  #outbox = [];
  /** The last event ID that the others know. */
  #toldId;
  #head;
  #hasOpened = false;
  /** Whether the others shall hear of the end before the lock is free. */
  #leavesLate = false;

  constructor(target, url, options) {
    super(target, url, options);
    this.shared = readShared(options);
    this.#startAt(this.lastEventId);
  }

  get role() {
    return this.#group?.role ?? ALONE;
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
    this.#group = new Group(name, this);
  }

  reconnect() {
    if (this.role === FOLLOWING) this.#group.ask('reconnect');
    else super.reconnect();
  }

  reset() {
    super.reset();
    this.#startAt('');
  }

  #startAt(id) {
    this.lastEventId = id;
    this.#recent = new Recent(id);
  }

  // What the core tells: the others shall hear it too.

  opened(response, resumed) {
    this.#head = headOf(response);
    this.#group?.tell('opened', { head: this.#head });
    super.opened(response, resumed || this.#hasOpened);
    this.#hasOpened = true;
  }

  message(type, data, id) {
    this.#record([this.lastEventId, type, data, id !== undefined]);
    super.message(type, data, id);
  }

  comment(data) {
    this.#record([this.lastEventId, undefined, data]);
    super.comment(data);
  }

  dispatch(...table) {
    super.dispatch(...table);
    this.#tellRecords();
    if (this.role === APART) this.#meet();
  }

  /** A loop that is slow here must not hold up the others. */
  ready() {
    return this.role === LEADING ? undefined : super.ready();
  }

  failed(error, retryIn, attempt, isEnd) {
    const isOver = retryIn < 0;
    if (!isOver || !OWN_REASONS.includes(error.reason)) {
      this.#group?.tell('failed', { error: factsOf(error), retryIn, attempt, isEnd });
      this.#leavesLate = isOver;
    }
    super.failed(error, retryIn, attempt, isEnd);
  }

  reconnecting(cause) {
    this.#group?.tell('reconnecting', { cause });
    super.reconnecting(cause);
  }

  #record(record) {
    if (this.role !== LEADING) return;
    this.#recent.push(record);
    this.#outbox.push(record);
    [this.#toldId] = record;
  }

  #tellRecords() {
    if (this.#toldId !== this.lastEventId) this.#record([this.lastEventId]);
    if (this.#outbox.length === 0) return;
    this.#group.tell('records', { records: this.#outbox.splice(0), reconnectionTime: this.reconnectionTime });
  }

  // What the group tells: our part in it.

  lead(wasApart) {
    if (wasApart) this.#startAt(this.lastEventId);
    this.#toldId = this.lastEventId;
    // For those of the others that listen for them.
    this.hear('comment');
    if (!wasApart) {
      this.#lose();
      super.connect();
    } else if (this.readyState === OPEN) {
      this.#group.tell('opened', { head: this.#head });
    }
  }

  /** Another tab took the lock, because it had no answer from us. */
  stepDown() {
    super.disconnect();
    this.#outbox = [];
    this.#lose();
    this.#group.join();
  }

  leave() {
    if (this.role === AWAY || this.role === ALONE) return;
    this.#tellRecords();
    this.#group.leave(this.#leavesLate);
    super.disconnect();
    super.reconnecting('suspension');
  }

  goAlone() {
    this.#group.leave();
    this.#group.role = ALONE;
    super.connect();
  }

  /** Nobody leads, or somebody who has to connect first. */
  #lose() {
    if (this.state.phase !== 'connecting') super.reconnecting('takeover');
  }

  // What others ask of us, who lead.

  serve({ kind, from, id }) {
    if (kind === 'reconnect') super.reconnect();
    else if (kind === 'ping') this.#group.tell('pong');
    else this.#group.tell('place', { to: from, ...this.#placeOf(id) });
  }

  #placeOf(id) {
    const { lastEventId, reconnectionTime } = this;
    const head = this.readyState === OPEN ? this.#head : undefined;
    return { id: lastEventId, records: id === '' ? [] : this.#recent.after(id), head, reconnectionTime };
  }

  // What the leader tells us.

  /** A new leader goes on from `id`. */
  align({ id }) {
    this.#areOthersOpen = false;
    if (this.role === APART) {
      this.#recent = new Recent(id);
      return;
    }
    this.#lose();
    const had = this.#recent.after(id);
    if (this.lastEventId === '') this.#startAt(id);
    else if (id !== this.lastEventId && !had) return void this.#group.findPlace();
    this.#repeats = new Repeats(id, had);
    this.#group.role = FOLLOWING;
  }

  /** The leader is at `id`; what came since our place is in the records, if it knows our place. */
  settle({ id, head, records, reconnectionTime }) {
    this.#repeats = new Repeats();
    if (!records) {
      this.#group.role = APART;
      this.#recent = new Recent(id);
      this.#areOthersOpen = head !== undefined;
      super.connect();
      return;
    }
    this.#group.role = FOLLOWING;
    if (this.lastEventId === '') this.#startAt(id);
    this.initialDelay = reconnectionTime;
    if (head) this.#open(head);
    this.#take(records);
  }

  follow({ kind, head, records, reconnectionTime, cause, error, retryIn, attempt, isEnd }) {
    if (kind === 'opened') this.#open(head);
    else if (kind === 'reconnecting') super.reconnecting(cause);
    else if (kind === 'failed') super.failed(toError(error), retryIn, attempt, isEnd);
    else if (kind === 'records') {
      this.initialDelay = reconnectionTime;
      this.#take(records);
    }
  }

  #open(head) {
    if (this.readyState === OPEN) return;
    super.opened(toResponse(head), this.#hasOpened);
    this.#hasOpened = true;
  }

  #take(records) {
    for (const given of records) {
      // A listener may have closed us.
      if (this.role !== FOLLOWING) return;
      const record = this.#repeats.news(given, this.lastEventId);
      if (!record) continue;
      this.#recent.push(record);
      this.#deliver(record);
    }
  }

  #deliver([id, type, data, hasId]) {
    this.lastEventId = id;
    if (type !== undefined) super.message(type, data, hasId ? id : undefined);
    else if (data !== undefined) super.comment(data);
  }

  // While we are apart.

  overhear({ kind, records = [] }) {
    if (kind === 'opened') this.#areOthersOpen = true;
    if (kind === 'reconnecting' || kind === 'failed') this.#areOthersOpen = false;
    for (const record of records) this.#recent.push(record);
    this.#meet();
  }

  /** Goes on with the others if they have had what came last on our own connection. */
  #meet() {
    const rest = this.#areOthersOpen && this.readyState === OPEN && this.#recent.after(this.lastEventId);
    if (!rest) return;
    super.disconnect();
    this.#group.role = FOLLOWING;
    for (const record of rest) {
      if (this.role === FOLLOWING) this.#deliver(record);
    }
  }
}
