// The tabs that share one connection, and which of them leads.
import { Lock } from './lock.ts';
import type { Announcement, Place, Report, Request, Update } from './messages.ts';
import { watchPresence } from './presence.ts';
import { Watchdog } from './watchdog.ts';

/**
 * What a source does for the others.
 *
 * - `leading`: it holds the connection.
 * - `following`: it receives the events from the leader.
 * - `joining`: it looks for the leader.
 * - `apart`: it has its own connection until it has caught up with the others.
 * - `away`: its page is frozen, hidden or left.
 * - `alone`: nothing is shared.
 */
export type Role = 'leading' | 'following' | 'joining' | 'apart' | 'away' | 'alone';

// One string for each role, which the minifier can share.
export const ALONE = 'alone';
export const AWAY = 'away';
export const JOINING = 'joining';
export const FOLLOWING = 'following';
export const LEADING = 'leading';
export const APART = 'apart';

/** The source that takes part in a group: see member.ts. */
export interface GroupMember {
  readonly lastEventId: string;
  readonly openWhenHidden: boolean;
  readonly leaderTimeout: number;
  readonly released: AbortSignal;
  /** This tab leads now. `wasApart`: its own connection is already open. */
  lead(wasApart: boolean): void;
  /** Another tab has stolen the lock. */
  stepDown(): void;
  /** The page stops running. */
  suspend(): void;
  /** The page is destroyed. */
  close(): void;
  /** Locks or channels cannot be used. */
  goAlone(): void;
  /** As the leader: a request of another tab. */
  serve(request: Request): void;
  /** A new leader continues from an event ID. */
  align(hello: { id: string }): void;
  /** The leader's answer to `place`. */
  settle(place: Place): void;
  /** An update of the leader. */
  follow(update: Update): void;
  /** An update of the leader while this tab has its own connection. */
  overhear(update: Update): void;
}

/**
 * The part of one tab among the tabs that share a connection. The tab that holds the lock leads.
 *
 * Messages of a leader carry its term, and messages of an earlier term are ignored. A term begins with `hello`, the event ID
 * that the leader continues from. Each tab compares it with its own position. Requests to the leader (`place`, `ping`,
 * `reconnect`) carry no term.
 */
export class Group {
  role: Role = AWAY;
  readonly #self = crypto.randomUUID();
  #term = 0;
  readonly #name: string;
  readonly #member: GroupMember;
  /** `undefined` before the first use, and where the browser refuses channels. */
  #broadcast: BroadcastChannel | undefined;
  readonly #lock: Lock;
  readonly #watchdog: Watchdog;

  constructor(name: string, member: GroupMember) {
    this.#name = name;
    this.#member = member;
    this.#lock = new Lock(name, {
      won: () => this.#lead(),
      lost: () => this.#member.stepDown(),
      refused: () => this.#goAlone(),
    });
    this.#watchdog = new Watchdog(member.leaderTimeout, {
      ping: () => this.request('ping'),
      giveUp: () => this.#lock.request({ steal: true }),
    });
    watchPresence({
      openWhenHidden: member.openWhenHidden,
      suspend: () => this.#member.suspend(),
      resume: () => this.#resume(),
      unload: () => this.#member.close(),
      signal: member.released,
    });
  }

  /** Waits for the lock, and receives the leader's messages meanwhile. */
  join(): void {
    this.findPlace();
    this.#watchdog.start();
    this.#lock.request();
  }

  /** Requests the leader's position and the records that this tab has missed. */
  findPlace(): void {
    this.role = JOINING;
    this.request('place', { id: this.#member.lastEventId });
  }

  /** Sends a request to the leader. */
  request(kind: Request['kind'], message?: { id: string }): void {
    this.#post({ ...message, kind, from: this.#self } as Request);
  }

  /** Sends a message to the other tabs, if this tab leads. */
  announce<Kind extends Report['kind']>(kind: Kind, message?: Omit<Extract<Report, { kind: Kind }>, 'kind'>): void {
    if (this.role === LEADING) this.#post({ ...message, kind, term: this.#term } as unknown as Announcement);
  }

  /** Leaves the group. `isLate`: frees the lock after the other tabs have received the last messages. */
  leave(isLate?: boolean): void {
    this.role = AWAY;
    this.#watchdog.stop();
    this.#broadcast?.close();
    if (isLate) this.#lock.releaseLater();
    else this.#lock.release();
  }

  #resume(): void {
    if (this.role !== AWAY) return;
    try {
      this.#broadcast = new BroadcastChannel(this.#name);
    } catch {
      // Firefox throws a `SecurityError` where cookies are blocked.
      this.#goAlone();
      return;
    }
    this.#broadcast.onmessage = ({ data }) => this.#receive(data);
    this.join();
  }

  /** Shares nothing, because this context may not use locks or channels. */
  #goAlone(): void {
    this.leave();
    this.role = ALONE;
    this.#member.goAlone();
  }

  #lead(): void {
    const wasApart = this.role === APART;
    this.role = LEADING;
    this.#watchdog.stop();
    // The clock makes the term of a first leader later than the terms of all earlier groups.
    this.#term = Math.max(this.#term + 1, Date.now());
    this.announce('hello', { id: this.#member.lastEventId });
    this.#member.lead(wasApart);
  }

  #post(message: Request | Announcement): void {
    this.#broadcast!.postMessage(message);
  }

  #receive(message: Request | Announcement): void {
    if (message.term === undefined) {
      if (this.role === LEADING) this.#member.serve(message);
      return;
    }
    const { to } = message as { to?: string };
    if (this.role !== LEADING && (to === undefined || to === this.#self)) this.#handle(message);
  }

  /**
   * Handles a message of a leader. A tab that joins accepts only a message that contains a position, of any term. The
   * others accept messages of the current term, and the beginning of a later one.
   */
  #handle(message: Announcement): void {
    const { kind, term } = message;
    const isJoining = this.role === JOINING;
    const isHello = kind === 'hello' && (isJoining || term > this.#term);
    const isPlace = kind === 'place' && isJoining;
    if (!isHello && !isPlace && (isJoining || term !== this.#term)) return;
    this.#term = term;
    this.#watchdog.reset();
    if (isHello) this.#member.align(message);
    else if (isPlace) this.#member.settle(message);
    else if (this.role === APART) this.#member.overhear(message as Update);
    else this.#member.follow(message as Update);
  }
}
