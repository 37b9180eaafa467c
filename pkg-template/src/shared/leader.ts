import { Client, OPEN } from '../source-controller.ts';
import { LEADING } from './group.ts';
import { factsOf, headOf } from './messages.ts';
import { Recent } from './replay-buffer.ts';

/** What only the credentials or the page of one tab explain: each of the others finds out for itself. */
const OWN_REASONS = ['unauthorized', 'auth', 'request', 'csp', 'wasm'];

/** A client that leads: what its driver tells, the others hear too. */
export class TellingClient extends Client {
  /** `undefined` where nothing can be shared. */
  group;
  /** The latest part of the stream: our own, and while apart that of the others. */
  recent = new Recent('');
  /** Whether the others shall hear of the end before the lock is free. */
  leavesLate = false;
  /** The records of a slice that were delivered here and are not yet told. */
  #outbox = [];
  /** The last event ID that the others know. */
  #toldId;
  #head;
  #hasOpened = false;

  get isLeading() {
    return this.group?.role === LEADING;
  }

  /** The others know where we begin. */
  beginTelling() {
    this.#outbox = [];
    this.#toldId = this.lastEventId;
    // For those of the others that listen for them.
    this.hear('comment');
    if (this.readyState === OPEN) this.group.tell('opened', { head: this.#head });
  }

  /** Of this tab alone. */
  reset() {
    super.reset();
    this.#toldId = '';
  }

  opened(response, resumed) {
    this.#head = headOf(response);
    this.group?.tell('opened', { head: this.#head });
    super.opened(response, resumed || this.#hasOpened);
    this.#hasOpened = true;
  }

  message(type, data, id) {
    this.#record([this.lastEventId, type, data, id !== undefined]);
    super.message(type, data, id);
    // Not dispatched within `dispatch`, but one by one.
    if (this.isSpec) this.tellRecords();
  }

  comment(data) {
    this.#record([this.lastEventId, undefined, data]);
    super.comment(data);
  }

  dispatch(...table) {
    super.dispatch(...table);
    this.tellRecords();
  }

  /** A loop that is slow here must not hold up the others. */
  ready() {
    return this.isLeading && !this.isSpec ? undefined : super.ready();
  }

  failed(error, retryIn, attempt, isEnd) {
    const isOver = retryIn < 0;
    if (this.isLeading && !(isOver && OWN_REASONS.includes(error.reason))) {
      this.group.tell('failed', { error: factsOf(error), retryIn, attempt, isEnd });
      this.leavesLate = isOver;
    }
    super.failed(error, retryIn, attempt, isEnd);
  }

  reconnecting(cause, attempt) {
    // A takeover is told by the `hello` of the new leader.
    if (cause !== 'takeover') this.group?.tell('reconnecting', { cause, attempt });
    super.reconnecting(cause, attempt);
  }

  tellRecords() {
    if (this.#toldId !== this.lastEventId) this.#record([this.lastEventId]);
    if (this.#outbox.length === 0) return;
    this.group.tell('records', { records: this.#outbox.splice(0), reconnectionTime: this.reconnectionTime });
  }

  #record(record) {
    if (!this.isLeading) return;
    this.recent.push(record);
    this.#outbox.push(record);
    [this.#toldId] = record;
  }

  /** What another tab asks. */
  serve({ kind, from, id }) {
    if (kind === 'reconnect') super.reconnect();
    else if (kind === 'ping') this.group.tell('pong');
    else this.group.tell('place', { to: from, ...this.#placeOf(id) });
  }

  #placeOf(id) {
    const { lastEventId, reconnectionTime } = this;
    const head = this.readyState === OPEN ? this.#head : undefined;
    return { id: lastEventId, records: id === '' ? [] : this.recent.after(id), head, reconnectionTime };
  }
}
