import { Core, Parser } from '#bindings';
import { Attempt, FIND_REDIRECT, PROBE } from './request.ts';
import { BatchReader, HAS_COMMENT, HAS_ID, HAS_RECORDS, HAS_RETRY, IS_TOO_LARGE } from './event-table.ts';
import { Body } from './body-reader.ts';
import { watchPage } from './page-lifecycle.ts';
import { Secrets } from './secrets.ts';
import { nextTask } from './yield-to-page.ts';

/** The settings, in the order of `Number` in src/bindings/settings.rs. */
export const NUMBERS = [
  'hasAuth', 'canRefresh', 'renewBefore', 'isGet', 'isFetchable', 'mayProbe', 'connectTimeout', 'heartbeatTimeout',
  'followsRedirects', 'isSpec', 'initialDelay', 'maxDelay', 'multiplier', 'hasJitter', 'maxRetries', 'resetAfter', 'retryOn',
];

// What the core is told and asked, by number as in src/bindings/core.rs.
const CLOSE = 0;
export const RECONNECT = 1;
export const RESET = 2;
const WAKE = 3;
const SUSPEND = 4;
const RESUME = 5;
const PREPARED = 6;
const NOT_PREPARED = 7;
const NOT_LEGAL = 8;
const UNANSWERED = 9;
const BROKEN = 10;
const ENDED = 11;
const TOO_LARGE = 12;

const ATTEMPT = 0;
const SLICE = 1;
const IS_LEAVING = 2;
const IS_END = 3;
const STATUS = 4;

const CAUSE = 0;
const REASON = 2;
const MESSAGE = 3;

const READ = 6;
const STOP = 10;

/** The headers of a response that count. */
const HEADERS = ['Content-Type', 'Retry-After', 'SSE-Heartbeat'];
const LAST_EVENT_ID = HEADERS.length;

/** The longest single timeout, in milliseconds. Timers stand still while the machine sleeps; the clock does not, and is
 *  looked at this often. */
const LONGEST_TIMEOUT = 5000;

/**
 * Does for one connection what the core says, and tells it what came of it: all decisions are the core's (see
 * src/connection/lifecycle.rs). Lets go of everything once it is closed.
 */
export class Driver {
  #client;
  /** That of the source, or where a redirect has led. */
  #url;
  #core;
  #parser;
  #reader;
  #page;
  #attempt;
  /** What it was answered, until the stream is open. */
  #response;
  /** The exception behind the failure, if there is one. */
  #cause;
  /** What no error may repeat. */
  #secrets;
  #body;
  /** The token that was sent last for a stream that opened. */
  #token = {};
  #wantsComments = false;
  #timer;
  #ringsAt = Infinity;
  /** Has the loop look around. */
  #wake = () => {};

  constructor(client, memory) {
    this.#client = client;
    this.#url = client.url;
    this.#secrets = new Secrets(client.url);
    this.#core = new Core(Float64Array.from(NUMBERS, (name) => client[name]));
    this.#core.take(LAST_EVENT_ID, client.lastEventId);
    this.#parser = new Parser(client.maxEventSize);
    this.#reader = new BatchReader(memory);
    this.#run();
  }

  /** Lets the connection go, for good. */
  close() {
    this.signal(CLOSE);
  }

  hearComments() {
    this.#wantsComments = true;
  }

  /** Tells the core something that may end what is under way. */
  signal(signal) {
    this.#core?.signal(signal, Date.now());
    this.#wake();
  }

  /** Connects, reads and reconnects (WHATWG HTML §9.2.3) until the connection is closed. */
  async #run() {
    // Whoever has made the source adds listeners first.
    await undefined;
    try {
      this.#page = watchPage(this.#client.openWhenHidden, (isAway) => this.signal(isAway ? SUSPEND : RESUME), () => {
        // The standard knows no wait that is shorter than the reconnection time.
        if (!this.#client.isSpec) this.signal(WAKE);
      });
      for (;;) {
        const step = this.#core.step(Date.now());
        if (step > READ) this.#letGo();
        if (step === STOP) break;
        await this.#steps[step](step);
      }
    } catch (cause) {
      // A fault of ours, or of what stands in for the platform: a source that says nothing would wait for ever.
      const error = this.#client.error('wasm', 'the source broke down: see `error.cause`', undefined, this.#secrets.removedFrom(cause));
      this.#client.failed(error, -1, 1, false);
    } finally {
      this.#release();
    }
  }

  /** By number: see `step` in src/bindings/core.rs. */
  #steps = [
    () => this.#prepare(),
    ...Array(4).fill((sending) => this.#fetch(sending)),
    () => this.#open(),
    () => this.#read(),
    () => this.#judge(),
    () => this.#client.reconnecting(this.#core.text(CAUSE), this.#core.number(ATTEMPT)),
    () => this.#until(() => new Promise(() => {})),
  ];

  async #prepare() {
    const [core, client] = [this.#core, this.#client];
    const [attempt, cause] = [core.number(ATTEMPT), core.text(CAUSE)];
    this.#forget();
    let token, init;
    try {
      if (client.hasAuth) {
        if (cause === 'unauthorized' && !(await this.#until(() => client.refresh()))) return;
        token = await this.#until(() => client.token(attempt, cause));
        if (!token) return;
      }
      init = await this.#until(() => client.request(attempt, cause));
      if (!init) return;
    } catch (error) {
      this.#lose(NOT_PREPARED, error);
      return;
    }
    try {
      this.#attempt = new Attempt(client, core, this.#url, init.value, token?.value, this.#secrets);
    } catch {
      // Without the exception: some engines quote the illegal value, which may be a secret.
      this.#lose(NOT_LEGAL);
      return;
    }
    core.signal(PREPARED, Date.now());
  }

  async #fetch(sending) {
    try {
      const answer = await this.#until(() => this.#attempt.send(sending));
      if (answer) this.#responded(sending, answer.value);
      else this.#forget();
    } catch (error) {
      // The first tells why; the others were to find out.
      this.#cause ??= error;
      this.#core.signal(UNANSWERED, Date.now());
    }
  }

  #responded(sending, response) {
    const { status, type, headers } = response;
    HEADERS.forEach((name, index) => this.#core.take(index, headers.get(name) ?? ''));
    this.#core.responded(status, type === 'opaqueredirect', Date.parse(headers.get('Retry-After')), Date.now());
    if (sending === FIND_REDIRECT || sending === PROBE) return;
    this.#forget();
    this.#response = response;
  }

  #forget() {
    this.#response = undefined;
    this.#cause = undefined;
  }

  #open() {
    const response = this.#response;
    // A response without a body is an event stream that has ended.
    if (!response.body) return this.#lose(ENDED);
    this.#response = undefined;
    try {
      this.#body = new Body(response.body, response);
    } catch (error) {
      return this.#lose(BROKEN, error);
    }
    const { token, expiresAt } = this.#attempt;
    const isSame = token === this.#token.token && expiresAt === this.#token.expiresAt;
    this.#token = { token, expiresAt };
    const isResumed = this.#core.announce(Date.now(), expiresAt ?? NaN, isSame);
    // By the standard a reconnect keeps the URL of the last redirect. Secrets belong to the URL that was given.
    if (this.#client.isSpec && response.redirected && !this.#attempt.hasSecrets) this.#url = response.url;
    this.#client.opened(response, isResumed);
    this.#parser.reset(this.#client.lastEventId);
  }

  async #read() {
    try {
      await this.#until(() => this.#body.read(), (read) => this.#deliver(read));
    } catch (error) {
      this.#lose(BROKEN, error);
    }
  }

  /** Parses a chunk, slice by slice, and lets the client have what it holds. */
  async #deliver(read) {
    if (read.done) return this.#lose(ENDED);
    const chunk = this.#body.take(read.value);
    if (!ArrayBuffer.isView(chunk)) throw new TypeError('a stream of bytes is needed: its chunk is no Uint8Array');
    const core = this.#core;
    const client = this.#client;
    const parser = this.#parser;
    const reader = this.#reader;
    const arrived = Date.now();
    client.received(chunk.length);
    let seen = 0;
    // What is left of a stream that is left comes again.
    for (let at = 0; at < chunk.length && !core.number(IS_LEAVING); ) {
      const begun = Date.now();
      const slice = chunk.subarray(at, at + core.number(SLICE));
      at += slice.length;
      const table = reader.parse(parser, slice, this.#wantsComments);
      const flags = reader.flags(table);
      if (flags & HAS_RETRY) client.setReconnectionTime(core.setReconnectionTime(reader.reconnectionTime(table)));
      if (flags & HAS_RECORDS) client.dispatch(reader, table);
      const gate = client.ready();
      if (gate) await this.#unlessItLeaves(() => gate);
      // Not what was parsed counts, but what was delivered.
      if (flags & HAS_ID) core.take(LAST_EVENT_ID, client.lastEventId);
      const isTurnOver = core.delivered(flags, slice.length, Date.now() - begun);
      if (flags & IS_TOO_LARGE) return this.#lose(TOO_LARGE);
      if (isTurnOver) await this.#unlessItLeaves(nextTask);
      seen |= flags;
    }
    // Once for all of it, and after all turns: the pace of the listeners is not the server's.
    core.sign(arrived, Date.now(), (seen & HAS_COMMENT) !== 0);
  }

  #judge() {
    const [core, client] = [this.#core, this.#client];
    const [attempt, isEnd] = [core.number(ATTEMPT), Boolean(core.number(IS_END))];
    const [reason, advice] = [core.text(REASON), core.text(MESSAGE)];
    // The only message with a text from outside. In the others a header value could be an ordinary word.
    const message = reason === 'content-type' ? this.#secrets.removedFrom(advice) : advice;
    const cause = this.#secrets.removedFrom(this.#cause);
    const error = client.error(reason, message, core.number(STATUS) || undefined, cause, this.#response);
    const verdict = client.verdict(error);
    client.failed(error, core.judge(numberOf(verdict), Date.now(), Math.random()), attempt, isEnd);
  }

  #lose(signal, cause) {
    this.#cause = cause;
    this.#core.signal(signal, Date.now());
  }

  /** What `use` makes of the promise that `work` makes, by itself `{ value }`; nothing if the core has something else to do
   *  meanwhile. */
  #until(work, use = (value) => ({ value })) {
    return this.#first(work, use, (now) => this.#core.check(now), () => this.#arm());
  }

  /** Waits for the promise, but not on a stream that is to be left. It has no deadline. */
  #unlessItLeaves(work) {
    return this.#first(work, () => {}, () => this.#core.number(IS_LEAVING), () => {});
  }

  /** By callbacks: an event would wait for each promise in between. */
  #first(work, use, isLeft, arm) {
    const begun = Date.now();
    return new Promise((resolve, reject) => {
      let isOver = false;
      const leaves = (now) => {
        if (!isOver && isLeft(now)) {
          isOver = true;
          resolve();
        }
        return isOver;
      };
      // By the clock of the beginning: what has come in time counts, however late we are told.
      const unlessLeft = (end) => (value) => {
        if (leaves(begun)) return;
        isOver = true;
        end(value);
      };
      this.#wake = () => {
        if (!leaves(Date.now())) arm();
      };
      this.#wake();
      if (!isOver) work().then(unlessLeft((value) => resolve(use(value))), unlessLeft(reject));
    });
  }

  /** One timer for all that comes: it is not made anew while it rings early enough. */
  #arm() {
    const now = Date.now();
    const wait = this.#core.wait(now);
    if (wait === Infinity || (this.#timer !== undefined && this.#ringsAt <= now + wait)) return;
    clearTimeout(this.#timer);
    this.#ringsAt = now + Math.min(wait, LONGEST_TIMEOUT);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#wake();
    }, this.#ringsAt - now);
  }

  /** The body is to be cancelled before the request is aborted. */
  #letGo() {
    this.#body?.cancel();
    this.#attempt?.abort();
    this.#body = undefined;
    this.#attempt = undefined;
  }

  #release() {
    this.#letGo();
    clearTimeout(this.#timer);
    this.#page?.abort();
    this.#core.free();
    this.#core = undefined;
    this.#parser.free();
  }
}

/** The caller's last word as the core takes it. */
function numberOf(verdict) {
  if (typeof verdict === 'number') return Math.max(verdict, 0);
  return typeof verdict === 'boolean' ? (verdict ? -1 : -2) : NaN;
}
