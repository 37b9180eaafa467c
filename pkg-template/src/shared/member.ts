// A tab that takes part in a group: it follows the leading tab, or leads itself.
import type { EventTableReader } from '../event-table.ts';
import type { ResolvedOptions } from '../options.ts';
import { CLOSED, OPEN } from '../source-controller.ts';
import { DuplicateFilter } from './duplicate-filter.ts';
import { ALONE, APART, AWAY, FOLLOWING, Group, type GroupMember, type Role } from './group.ts';
import { Leader } from './leader.ts';
import { toError, toResponse, type Head, type Place, type Update } from './messages.ts';
import { isShareable, nameOf, readShared, type ResolvedSharing } from './options.ts';
import { ReplayBuffer, type StreamRecord } from './replay-buffer.ts';

/**
 * A controller whose events may come from the leading tab instead of its own connection. The leading tab sends what its
 * connection loop reports. While this tab does not lead, the methods of `Leader` post nothing.
 */
export class Member extends Leader implements GroupMember {
  /** The class refuses the option `shared` without this member. */
  static canShare = true;
  readonly #sharing: ResolvedSharing | undefined;
  /** Drops what the new leader sends again. */
  #duplicates = new DuplicateFilter();
  /** While apart: whether the connection of the others is open. */
  #areOthersOpen = false;

  constructor(target: EventTarget, url: string, options: ResolvedOptions) {
    super(target, url, options);
    this.#sharing = readShared(options);
    this.#startAt(this.lastEventId);
  }

  get role(): Role {
    return this.group?.role ?? ALONE;
  }

  get openWhenHidden(): boolean {
    return this.options.openWhenHidden;
  }

  get leaderTimeout(): number {
    return this.#sharing!.leaderTimeout;
  }

  // Called by the class.

  override connect(): void {
    if (isShareable(this.#sharing, this.options)) void this.#takePart(this.#sharing.key);
    else super.connect();
  }

  async #takePart(key: string | undefined): Promise<void> {
    const name = await nameOf(this, key);
    if (this.readyState === CLOSED) return;
    this.released.addEventListener('abort', () => this.suspend());
    this.group = new Group(name, this);
  }

  override reconnect(): void {
    if (this.role === FOLLOWING) this.group!.request('reconnect');
    else super.reconnect();
  }

  #startAt(id: string): void {
    this.lastEventId = id;
    this.replayBuffer = new ReplayBuffer(id);
  }

  // Called by the group: the role of this tab.

  lead(wasApart: boolean): void {
    if (wasApart) this.#startAt(this.lastEventId);
    else this.#awaitLeader();
    // A listener may have closed the source.
    if (this.readyState === CLOSED) return;
    this.beginLeading();
    if (!wasApart) super.connect();
  }

  /** Another tab has stolen the lock, because this tab did not answer. */
  stepDown(): void {
    super.disconnect();
    this.#awaitLeader();
    if (this.readyState !== CLOSED) this.group!.join();
  }

  suspend(): void {
    if (this.role === AWAY || this.role === ALONE) return;
    this.postRecords();
    this.group!.leave(this.leavesLate);
    super.disconnect();
    super.reconnecting('suspension');
  }

  goAlone(): void {
    super.connect();
  }

  /** No tab leads, or the leader has to connect first. */
  #awaitLeader(): void {
    if (this.state.phase !== 'connecting') super.reconnecting('takeover');
  }

  // Called by the group: the messages of the leader.

  /** A new leader continues from `id`. */
  align({ id }: { id: string }): void {
    this.#areOthersOpen = false;
    if (this.role === APART) {
      this.replayBuffer = new ReplayBuffer(id);
      return;
    }
    this.#awaitLeader();
    if (this.readyState === CLOSED) return;
    const received = this.replayBuffer.after(id);
    if (this.lastEventId === '') this.#startAt(id);
    else if (id !== this.lastEventId && !received) return void this.group!.findPlace();
    this.#duplicates = new DuplicateFilter(id, received);
    this.group!.role = FOLLOWING;
  }

  /** The leader is at `id`. The records after the position of this tab are included if the leader knows that position. */
  settle({ id, head, records, reconnectionTime }: Place): void {
    this.#duplicates = new DuplicateFilter();
    if (!records) {
      this.group!.role = APART;
      this.replayBuffer = new ReplayBuffer(id);
      this.#areOthersOpen = head !== undefined;
      super.connect();
      return;
    }
    this.group!.role = FOLLOWING;
    if (this.lastEventId === '') this.#startAt(id);
    this.options.retry.initialDelay = reconnectionTime;
    if (head) this.#open(head);
    this.#receive(records);
  }

  follow(update: Update): void {
    if (update.kind === 'opened') this.#open(update.head);
    else if (update.kind === 'reconnecting') super.reconnecting(update.cause, update.attempt);
    else if (update.kind === 'failed')
      super.failed(toError(update.error), update.retryIn, update.attempt, update.isEnd);
    else if (update.kind === 'records') {
      this.options.retry.initialDelay = update.reconnectionTime;
      this.#receive(update.records);
    }
  }

  #open(head: Head): void {
    if (this.readyState !== OPEN) super.opened(toResponse(head), false);
  }

  #receive(records: StreamRecord[]): void {
    for (const received of records) {
      // A listener may have closed the source.
      if (this.role !== FOLLOWING) return;
      const record = this.#duplicates.filter(received, this.lastEventId);
      if (!record) continue;
      this.replayBuffer.push(record);
      this.#deliver(record);
    }
  }

  #deliver([id, type, data, hasId]: StreamRecord): void {
    // A leader that was reset has no ID. This tab keeps its own.
    if (id !== '' || hasId || data === undefined) this.lastEventId = id;
    if (type !== undefined) super.message(type, data!, hasId ? id : undefined);
    else if (data !== undefined) super.comment(data);
  }

  // While apart.

  override dispatch(reader: EventTableReader, table: number): void {
    super.dispatch(reader, table);
    if (this.role === APART) this.#rejoin();
  }

  overhear(update: Update): void {
    const { kind } = update;
    if (kind === 'opened') this.#areOthersOpen = true;
    if (kind === 'reconnecting' || kind === 'failed') this.#areOthersOpen = false;
    for (const record of kind === 'records' ? update.records : []) this.replayBuffer.push(record);
    this.#rejoin();
  }

  /** Follows the others again once they have received the last event of this tab's own connection. */
  #rejoin(): void {
    const rest = this.#areOthersOpen && this.readyState === OPEN && this.replayBuffer.after(this.lastEventId);
    if (!rest) return;
    super.disconnect();
    this.group!.role = FOLLOWING;
    for (const record of rest) {
      if (this.role === FOLLOWING) this.#deliver(record);
    }
  }
}
