// The leading tab: it posts what its connection reports.
import { COMMENT } from '../event-classes.ts';
import { OPEN, SourceController } from '../source-controller.ts';
import type { EventSourceError, Reason } from '../errors.ts';
import type { EventTableReader } from '../event-table.ts';
import type { AttemptCause } from '../token.ts';
import { LEADING, type Group } from './group.ts';
import { factsOf, headOf, type Head, type Place, type Request } from './messages.ts';
import { ReplayBuffer, type StreamRecord } from './replay-buffer.ts';

/** Reasons that depend on the credentials or the page of one tab. Each of the other tabs finds out for itself. */
const OWN_REASONS: Reason[] = ['unauthorized', 'auth', 'request', 'csp', 'wasm'];

/** A controller whose connection also serves the other tabs while it leads. */
export class Leader extends SourceController {
  /** `undefined` where nothing can be shared. */
  declare group: Group | undefined;
  /** The latest records of the stream. While apart they are the records of the other tabs. */
  replayBuffer = new ReplayBuffer('');
  /** Whether the lock is freed only after the other tabs have received the end. */
  leavesLate = false;
  /** The records of a chunk that were delivered here and are not posted yet. */
  #outbox: StreamRecord[] = [];
  /** The last event ID that the other tabs know. */
  #announcedId: string | undefined;
  #head: Head | undefined;
  #hasOpened = false;

  get isLeading(): boolean {
    return this.group?.role === LEADING;
  }

  /** Begins to post. The other tabs know the position from `hello`. */
  beginLeading(): void {
    this.#outbox = [];
    this.#announcedId = this.lastEventId;
    // Another tab may have listeners for comments.
    this.listen(COMMENT);
    if (this.readyState === OPEN) this.group!.announce('opened', { head: this.#head! });
  }

  override opened(response: Response, resumed: boolean): void {
    this.#head = headOf(response);
    this.group?.announce('opened', { head: this.#head });
    super.opened(response, resumed || this.#hasOpened);
    this.#hasOpened = true;
  }

  override message(type: string, data: string, id: string | undefined): void {
    this.#record([this.lastEventId, type, data, id !== undefined]);
    super.message(type, data, id);
    // In this mode events are delivered after `dispatch` has returned.
    if (this.isSpec) this.postRecords();
  }

  override comment(data: string): void {
    this.#record([this.lastEventId, undefined, data]);
    super.comment(data);
  }

  override dispatch(reader: EventTableReader, table: number): void {
    super.dispatch(reader, table);
    this.postRecords();
  }

  /** While leading, a slow loop of this tab does not slow down the other tabs. */
  override ready(): Promise<unknown> | undefined {
    return this.isLeading && !this.isSpec ? undefined : super.ready();
  }

  override done(): void {
    // The other tabs receive the last event before another tab can lead.
    this.leavesLate = this.isLeading;
    super.done();
  }

  override failed(error: EventSourceError, retryIn: number, attempt: number, isEnd: boolean): void {
    const isOver = retryIn < 0;
    if (this.isLeading && !(isOver && OWN_REASONS.includes(error.reason))) {
      this.group!.announce('failed', { error: factsOf(error), retryIn, attempt, isEnd });
      this.leavesLate = isOver;
    }
    super.failed(error, retryIn, attempt, isEnd);
  }

  override reconnecting(cause: AttemptCause | 'takeover', attempt?: number): void {
    // The other tabs know of a takeover from the `hello` of the new leader.
    if (cause !== 'takeover') this.group?.announce('reconnecting', { cause, attempt: attempt! });
    super.reconnecting(cause, attempt);
  }

  /** Posts the records that were delivered here. */
  postRecords(): void {
    if (this.#announcedId !== this.lastEventId) this.#record([this.lastEventId]);
    if (this.#outbox.length === 0) return;
    this.group!.announce('records', { records: this.#outbox.splice(0), reconnectionTime: this.reconnectionTime });
  }

  #record(record: StreamRecord): void {
    if (!this.isLeading) return;
    this.replayBuffer.push(record);
    this.#outbox.push(record);
    [this.#announcedId] = record;
  }

  /** Answers a request of another tab. */
  serve({ kind, from, id }: Request): void {
    if (kind === 'reconnect') super.reconnect();
    else if (kind === 'ping') this.group!.announce('pong');
    else this.group!.announce('place', { to: from, ...this.#placeOf(id!) });
  }

  #placeOf(id: string): Place {
    const { lastEventId, reconnectionTime } = this;
    const head = this.readyState === OPEN ? this.#head : undefined;
    return { id: lastEventId, records: id === '' ? [] : this.replayBuffer.after(id), head, reconnectionTime };
  }
}
