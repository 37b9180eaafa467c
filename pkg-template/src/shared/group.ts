import { Lock } from './lock.ts';
import { watchPresence } from './presence.ts';
import { Watchdog } from './watchdog.ts';

/** It has a connection of its own, for good: nothing is shared. */
export const ALONE = 'alone';
/** The page is stopped, or hidden and told not to connect. */
export const AWAY = 'away';
/** It has asked the leader for its place in the stream. */
export const JOINING = 'joining';
export const FOLLOWING = 'following';
export const LEADING = 'leading';
/** It has a connection of its own until it has caught up with the others. */
export const APART = 'apart';

/**
 * The part of one tab among those that share a connection: whoever holds the lock leads.
 *
 * What a leader tells carries its term, and nobody listens to a term that is over. It begins with
 * `hello`, the event ID that it goes on from, by which each tells what it had and what it lacks.
 * What a tab asks of the leader (`place`, `ping`, `reconnect`) carries none.
 */
export class Group {
  role = AWAY;
  #self = crypto.randomUUID();
  #term = 0;
  #name;
  #member;
  #broadcast;
  #lock;
  #watchdog;

  /** `member` is told: `lead(wasApart)`, `stepDown()`, `leave()`, `goAlone()`, and, of messages,
   *  `serve`, `align`, `settle`, `follow` and `overhear`. */
  constructor(name, member) {
    this.#name = name;
    this.#member = member;
    this.#lock = new Lock(name, {
      won: () => this.#lead(),
      lost: () => this.#member.stepDown(),
      refused: () => this.#member.goAlone(),
    });
    this.#watchdog = new Watchdog(member.shared.leaderTimeout, {
      ask: () => this.ask('ping'),
      giveUp: () => this.#lock.request({ steal: true }),
    });
    watchPresence({
      opensWhenHidden: member.openWhenHidden,
      leave: () => this.#member.leave(),
      enter: () => this.#enter(),
      signal: member.released,
    });
  }

  /** Gets in line for the lock, and meanwhile hears what the leader tells. */
  join() {
    this.findPlace();
    this.#watchdog.start();
    this.#lock.request();
  }

  /** Asks where the leader is, and what it knows to have come since our place. */
  findPlace() {
    this.role = JOINING;
    this.ask('place', { id: this.#member.lastEventId });
  }

  ask(kind, message) {
    this.#post({ ...message, kind, from: this.#self });
  }

  /** Tells the others, if it is us who lead. */
  tell(kind, message) {
    if (this.role === LEADING) this.#post({ ...message, kind, term: this.#term });
  }

  /** `isLate`: frees the lock only when the others have heard what was told. */
  leave(isLate) {
    this.role = AWAY;
    this.#watchdog.stop();
    this.#broadcast.close();
    if (isLate) this.#lock.releaseLater();
    else this.#lock.release();
  }

  #enter() {
    if (this.role !== AWAY) return;
    this.#broadcast = new BroadcastChannel(this.#name);
    this.#broadcast.onmessage = ({ data }) => this.#receive(data);
    this.join();
  }

  #lead() {
    const wasApart = this.role === APART;
    this.role = LEADING;
    this.#watchdog.stop();
    // By the clock, so that a first leader comes after all that have been before it.
    this.#term = Math.max(this.#term + 1, Date.now());
    this.tell('hello', { id: this.#member.lastEventId });
    this.#member.lead(wasApart);
  }

  #post(message) {
    this.#broadcast.postMessage(message);
  }

  #receive(message) {
    const { term, to } = message;
    if (term === undefined) {
      if (this.role === LEADING) this.#member.serve(message);
    } else if (this.role !== LEADING && (to === undefined || to === this.#self)) {
      this.#hear(message);
    }
  }

  /** One that is joining hears only what gives it a place, from any leader; the others only what
   *  is of this term, or begins the next one. */
  #hear(message) {
    const { kind, term } = message;
    const isJoining = this.role === JOINING;
    const isNews = kind === 'hello' && (isJoining || term > this.#term);
    const isPlace = kind === 'place' && isJoining;
    if (!isNews && !isPlace && (isJoining || term !== this.#term)) return;
    this.#term = term;
    this.#watchdog.heard();
    if (isNews) this.#member.align(message);
    else if (isPlace) this.#member.settle(message);
    else if (this.role === APART) this.#member.overhear(message);
    else this.#member.follow(message);
  }
}
