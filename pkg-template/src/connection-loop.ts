// The connection of one EventSource (WHATWG HTML §9.2.3): token, request, response, events, retry.
import { Core, Parser } from '#bindings';
import { BodyReader } from './body-reader.ts';
import { monotonic } from './clock.ts';
import { readErrorBody } from './error-body.ts';
import { EventSourceError, type Reason } from './errors.ts';
import { EventTableReader } from './event-table.ts';
import { NOT_A_RESPONSE, NOT_READABLE, messageOf } from './messages.ts';
import { watchPage } from './page-lifecycle.ts';
import {
  ATTEMPT,
  BROKEN,
  CAUSE,
  CLOSE,
  DELIVERY,
  DETAIL,
  ENDED,
  HAS_COMMENT,
  HAS_ID,
  HAS_RECORDS,
  HAS_RETRY,
  ILLEGAL_REQUEST,
  IS_END,
  IS_RESTARTING,
  IS_TOO_LARGE,
  NOTE_COMMENT,
  NO_RESPONSE,
  PREPARED,
  PROVIDER_CALL,
  PROVIDER_FAILED,
  REASON,
  REFRESH,
  REFRESH_REFUSED,
  RESPONSE_HEADERS,
  RESUME,
  SILENCE,
  SLICE,
  STATUS,
  STEP_DECIDE,
  STEP_FIND_REDIRECT,
  STEP_OPEN,
  STEP_PREPARE,
  STEP_PROBE,
  STEP_READ,
  STEP_REQUEST,
  STEP_REQUEST_AGAIN,
  STEP_RESTART,
  STEP_STOP,
  STEP_WAIT,
  SUSPEND,
  TIMER,
  TOO_LARGE,
  VERDICT_RETRY,
  VERDICT_STOP,
  WAKE,
} from './protocol.ts';
import { ConnectionRequest } from './request.ts';
import { Secrets, withoutSecretParts } from './secrets.ts';
import { settingsOf } from './settings.ts';
import type { SourceController } from './source-controller.ts';
import type { AttemptCause, AttemptContext, Credentials, ExpiringToken } from './token.ts';
import { nextTask } from './yield-to-page.ts';

/** The first byte of a comment. */
const COLON = 0x3a;

/**
 * The longest single timeout, in milliseconds. Timers stop while the machine sleeps, so the loop reads the clocks at least
 * this often.
 */
const LONGEST_TIMEOUT = 5000;

/** For how long after its begin a navigation may break the connections of its page, in milliseconds. */
const NAVIGATION = 10_000;

/** How many sources of this page use each origin. Browsers limit the connections to an origin. */
const sourcesOfOrigin = new Map<string, number>();

function countSource(url: string, change: number): void {
  const { origin } = new URL(url);
  sourcesOfOrigin.set(origin, (sourcesOfOrigin.get(origin) ?? 0) + change);
}

/**
 * Runs one connection: it performs the steps that the core decides (see src/connection/machine.rs), and reports their
 * results to it. It releases everything when it is closed.
 */
export class ConnectionLoop {
  readonly #controller: SourceController;
  /** The URL of the source, or the URL of the last redirect. */
  #url: string;
  /** `undefined` after the loop has ended. */
  #core: Core | undefined;
  readonly #parser: Parser;
  readonly #reader: EventTableReader;
  #page: AbortController | undefined;
  #request: ConnectionRequest | undefined;
  /** The response, until the stream is open. */
  #response: Response | undefined;
  /** The text of the body of an error response. */
  #errorBody: string | undefined;
  /** The problem of the credentials of the latest request, if there is one. */
  #authProblem: string | undefined;
  /** The message of a failure that the core does not know. */
  #problem: string | undefined;
  /** The exception that caused the failure, if there is one. */
  #cause: unknown;
  /** Texts that no error may repeat. */
  readonly #secrets: Secrets;
  #body: BodyReader | undefined;
  /** Whether an attempt has got no response in time since the stream was last open. */
  #hasTimedOut = false;
  #wantsComments = false;
  /** When the latest navigation of the page began. */
  #navigatedAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerEndsAt = Infinity;
  /** How many sources used the origin when the request was sent. Some of them may have failed before this one. */
  #sources = 1;
  /** Makes the current wait check whether it is interrupted. */
  #wake = (): void => {};

  constructor(controller: SourceController, memory: WebAssembly.Memory) {
    this.#controller = controller;
    this.#url = controller.url;
    this.#secrets = new Secrets(controller.url);
    const { options } = controller;
    this.#core = new Core(settingsOf(options, controller));
    this.#core.setLastEventId(controller.lastEventId);
    this.#parser = new Parser(options.limits.maxEventSize);
    this.#reader = new EventTableReader(memory);
    countSource(controller.url, 1);
    void this.#run(this.#core);
  }

  /** Closes the connection permanently. */
  close(): void {
    this.signal(CLOSE);
  }

  emitComments(): void {
    this.#wantsComments = true;
  }

  /** Reports something to the core that may interrupt the current step. */
  signal(signal: number): void {
    this.#core?.signal(signal, 0);
    this.#wake();
  }

  /** Returns the time of the source: see src/connection/clock.rs. */
  #now(core: Core): number {
    return core.now(monotonic(), Date.now());
  }

  /** Connects, reads and reconnects (WHATWG HTML §9.2.3) until the connection is closed. */
  async #run(core: Core): Promise<void> {
    // The caller adds listeners first.
    await undefined;
    try {
      const onSuspended = (isSuspended: boolean): void => this.signal(isSuspended ? SUSPEND : RESUME);
      const wake = (): void => {
        // In the standard no wait is shorter than the reconnection time.
        if (!this.#controller.isSpec) this.signal(WAKE);
      };
      const navigate = (): void => {
        this.#navigatedAt = monotonic();
      };
      const unload = (): void => this.#controller.close();
      this.#page = watchPage(this.#controller.options.openWhenHidden, onSuspended, wake, navigate, unload);
      for (;;) {
        const step = core.step(this.#now(core));
        // The steps after STEP_READ end the request: see protocol.ts.
        if (step > STEP_READ) this.#closeRequest();
        if (step === STEP_STOP) break;
        await this.#perform(core, step);
      }
    } catch (cause) {
      // A defect of ours, or of a replaced platform function. A source that reports nothing would seem to wait forever.
      const failure = { reason: 'wasm', cause: this.#secrets.removedFrom(cause) } as const;
      const error = new EventSourceError(
        'The source failed because of a defect, or of a replaced platform function. See `error.cause`.',
        failure,
      );
      this.#controller.failed(error, -1, 1, false);
    } finally {
      this.#release(core);
    }
  }

  /** Performs one step. An unknown number is an error: the two halves would have different versions. */
  #perform(core: Core, step: number): unknown {
    switch (step) {
      case STEP_PREPARE:
        return this.#prepare(core);
      case STEP_REQUEST:
      case STEP_FIND_REDIRECT:
      case STEP_PROBE:
      case STEP_REQUEST_AGAIN:
        return this.#fetch(core, step);
      case STEP_OPEN:
        return this.#open(core);
      case STEP_READ:
        return this.#read(core);
      case STEP_DECIDE:
        return this.#decide(core);
      case STEP_RESTART:
        return this.#controller.reconnecting(core.text(CAUSE) as AttemptCause, core.number(ATTEMPT));
      case STEP_WAIT:
        return this.#untilInterrupted(core, () => new Promise(() => {}));
      default:
        throw step;
    }
  }

  async #prepare(core: Core): Promise<void> {
    const controller = this.#controller;
    const [attempt, cause] = [core.number(ATTEMPT), core.text(CAUSE) as AttemptCause];
    this.#forgetFailure();
    let init: { value: RequestInit } | undefined;
    // Not `credentials.latest`: a call of an attempt that was interrupted may have set it meanwhile.
    let token: { value: ExpiringToken | undefined } | undefined;
    const context = controller.context(attempt, cause);
    try {
      if (cause === 'unauthorized' && !(await this.#refresh(core, context))) return;
      token = await this.#requestToken(core, context);
      if (!token) return;
      controller.watch?.('attempt', attempt, cause);
      const contextWithToken = { ...context, token: token.value?.token };
      init = await this.#callProvider(core, () => controller.prepareRequest(contextWithToken));
      if (!init) return;
    } catch (error) {
      if (await this.#pageStays(core)) this.#fail(core, PROVIDER_FAILED, error);
      return;
    }
    try {
      this.#request = new ConnectionRequest(controller, core, this.#url, init.value, token.value, this.#secrets);
    } catch {
      // Without the exception: some engines quote the illegal value, which may be a secret.
      this.#fail(core, ILLEGAL_REQUEST);
      return;
    }
    this.#authProblem = this.#request.authProblem;
    core.signal(PREPARED, this.#now(core));
  }

  /** Awaits a provider, which has a time limit. */
  #callProvider<Value>(core: Core, call: () => Promise<Value>): Promise<{ value: Value } | undefined> {
    core.signal(PROVIDER_CALL, this.#now(core));
    return this.#untilInterrupted(core, call);
  }

  /** Returns the token of an attempt, or `undefined` if the attempt is over. */
  async #requestToken(core: Core, context: AttemptContext): Promise<{ value: ExpiringToken | undefined } | undefined> {
    const { credentials } = this.#controller;
    const request = (): Promise<Awaited<ReturnType<Credentials['request']>>> => credentials.request(context);
    let issued = await this.#callProvider(core, request);
    // The provider has cached its token, which the server would reject soon.
    if (issued && context.cause === 'renewal' && !issued.value.isNew && credentials.hasRefresh) {
      core.signal(REFRESH, 0);
      if (!(await this.#untilInterrupted(core, () => credentials.refresh(context)))) return undefined;
      issued = await this.#callProvider(core, request);
    }
    if (!issued) return undefined;
    const { token, isNew } = issued.value;
    core.setToken(token?.expiresAt ?? NaN, token?.issuedAt ?? NaN, isNew, Date.now());
    return { value: token };
  }

  /** Replaces rejected credentials. Returns whether the attempt continues. */
  async #refresh(core: Core, context: AttemptContext): Promise<boolean> {
    core.signal(REFRESH, 0);
    const answer = await this.#untilInterrupted(core, () => this.#controller.credentials.refresh(context));
    if (answer?.value === false) {
      this.#response = this.#controller.response;
      this.#errorBody = this.#controller.responseBody;
      core.signal(REFRESH_REFUSED, 0);
    }
    return Boolean(answer?.value);
  }

  async #fetch(core: Core, kind: number): Promise<void> {
    this.#sources = sourcesOfOrigin.get(new URL(this.#controller.url).origin)!;
    try {
      const answer = await this.#untilInterrupted(core, () => this.#request!.send(kind, this.#hasTimedOut));
      if (!answer) return this.#forgetFailure();
      this.#responded(core, kind, answer.value);
    } catch (error) {
      if (!(await this.#pageStays(core))) return this.#forgetFailure();
      // Keep the exception of the first request. Later requests are diagnostic probes of our own.
      this.#cause ??= error;
      core.signal(NO_RESPONSE, 0);
      return;
    }
    const refused = this.#response;
    // `STATUS` is 0 if the response was accepted. A 204 has no body.
    if (!refused || [0, 204].includes(core.number(STATUS))) return;
    const read = await this.#untilInterrupted(core, () => readErrorBody(refused));
    this.#errorBody = read?.value;
    this.#controller.responseBody = this.#errorBody;
  }

  #responded(core: Core, kind: number, response: Response): void {
    // A `fetch` of the caller may return anything.
    if (!(response as Partial<Response> | undefined)?.headers?.get) {
      this.#failWith(core, NOT_A_RESPONSE);
      return;
    }
    const { status, type, headers } = response;
    for (const [index, name] of RESPONSE_HEADERS.entries()) core.setHeader(index, headers.get(name) ?? '');
    const isProbe = kind === STEP_FIND_REDIRECT || kind === STEP_PROBE;
    const isRejection = !isProbe && this.#controller.options.auth.isRejection(response);
    const retryIn = Date.parse(headers.get('Retry-After')!) - Date.now();
    core.responded(status, type === 'opaqueredirect', retryIn, isRejection);
    if (isProbe) return;
    this.#forgetFailure();
    this.#response = response;
    this.#controller.response = response;
    this.#controller.responseBody = undefined;
  }

  #forgetFailure(): void {
    this.#response = undefined;
    this.#errorBody = undefined;
    this.#problem = undefined;
    this.#cause = undefined;
  }

  #open(core: Core): void {
    const response = this.#response!;
    // For browsers a response without a body is an event stream that has ended.
    if (response.body === null && !this.#controller.options.request.fetch) {
      this.#fail(core, ENDED);
      return;
    }
    // A `fetch` of the caller, or of an old runtime, may return anything.
    if (!(response.body as Partial<ReadableStream> | null)?.getReader || response.body!.locked) {
      this.#failWith(core, NOT_READABLE);
      return;
    }
    this.#response = undefined;
    this.#hasTimedOut = false;
    try {
      this.#body = new BodyReader(response.body!, response);
    } catch (error) {
      this.#fail(core, BROKEN, error);
      return;
    }
    const isResumed = core.announce(this.#now(core), Date.now());
    // By the standard a reconnect keeps the URL of the last redirect. Secrets belong to the URL that was given.
    if (this.#controller.isSpec && response.redirected && !this.#request!.hasSecrets) this.#url = response.url;
    this.#controller.opened(response, isResumed);
    this.#reader.reset(this.#parser, this.#controller.lastEventId);
  }

  async #read(core: Core): Promise<void> {
    const body = this.#body!;
    try {
      await this.#untilInterrupted(
        core,
        () => body.read(),
        (read) => this.#deliver(core, body, read),
      );
    } catch (error) {
      if (await this.#pageStays(core)) this.#fail(core, BROKEN, error);
    }
  }

  /** Parses a chunk slice by slice, and delivers its records. */
  async #deliver(core: Core, body: BodyReader, read: ReadableStreamReadResult<Uint8Array>): Promise<void> {
    if (read.done) return this.#fail(core, ENDED);
    const chunk = body.take(read.value);
    // A view of another realm is an instance of no class here.
    if ((chunk as Partial<Uint8Array> | undefined)?.BYTES_PER_ELEMENT !== 1) return this.#failWith(core, NOT_READABLE);
    const controller = this.#controller;
    const parser = this.#parser;
    const reader = this.#reader;
    const arrived = this.#now(core);
    // A comment that follows an event in the same chunk did not end the silence.
    const isComment = chunk[0] === COLON;
    controller.received(chunk.length, isComment);
    core.signal(DELIVERY, 0);
    let seen = 0;
    // After a restart the server sends the rest of the chunk again. After `close()` nothing more is delivered.
    for (let at = 0; at < chunk.length && !core.number(IS_RESTARTING); ) {
      const begun = monotonic();
      const slice = chunk.subarray(at, at + core.number(SLICE));
      at += slice.length;
      const table = reader.parse(parser, slice, this.#wantsComments ? NOTE_COMMENT : 0);
      const flags = reader.flags(table);
      if (flags & HAS_RETRY) controller.setReconnectionTime(core.setReconnectionTime(reader.reconnectionTime(table)));
      if (flags & HAS_RECORDS) controller.dispatch(reader, table);
      // Set before the wait below: a renewal during the wait sends this ID.
      if (flags & HAS_ID) core.setLastEventId(controller.lastEventId);
      const ready = controller.ready();
      // biome-ignore lint/nursery/noMisusedPromises: `undefined` if there is nothing to wait for
      if (ready) await this.#untilInterrupted(core, () => ready);
      // Set again: with `'spec'`, events are dispatched during the wait.
      if (flags & HAS_ID) core.setLastEventId(controller.lastEventId);
      const mustYield = core.delivered(flags, slice.length, monotonic() - begun);
      if (flags & IS_TOO_LARGE) return this.#fail(core, TOO_LARGE);
      if (mustYield) await this.#untilInterrupted(core, nextTask);
      seen |= flags;
    }
    // Once for the whole chunk, after all tasks: the pace of the listeners is not the pace of the server.
    core.onBytes(arrived, this.#now(core), isComment && (seen & HAS_COMMENT) !== 0);
  }

  /** Reports the failure, and lets the caller and the core decide what follows. */
  async #decide(core: Core): Promise<void> {
    const controller = this.#controller;
    const [attempt, isEnd] = [core.number(ATTEMPT), Boolean(core.number(IS_END))];
    const reason = core.text(REASON) as Reason;
    this.#hasTimedOut ||= reason === 'timeout';
    const cause = this.#secrets.removedFrom(this.#cause);
    const status = core.number(STATUS) || undefined;
    const message = this.#problem ?? this.#messageOf(core, reason);
    const facts = { reason, status, cause, response: this.#response, body: this.#errorBody };
    const error = new EventSourceError(message, facts);
    const verdict = await this.#untilInterrupted(core, () => controller.verdict(error));
    if (!verdict) return;
    const wait = core.decide(numberOf(verdict.value), this.#now(core), Math.random());
    controller.failed(error, wait, attempt, isEnd);
  }

  #messageOf(core: Core, reason: Reason): string {
    const { url } = this.#controller;
    const isInPage = Boolean(globalThis.location);
    return messageOf({
      reason,
      status: core.number(STATUS),
      detail: core.number(DETAIL),
      silence: core.number(SILENCE),
      // The only header value that a message quotes. The server may echo a secret in it.
      type: this.#secrets.removedFrom(this.#response?.headers.get('Content-Type') ?? '').slice(0, 100),
      authProblem: this.#authProblem,
      sources: isInPage ? this.#sources : 1,
      url: this.#secrets.removedFrom(withoutSecretParts(url)),
    });
  }

  /** Fails permanently, because a retry would find the same problem. */
  #failWith(core: Core, problem: string): void {
    this.#fail(core, ILLEGAL_REQUEST);
    this.#problem = problem;
  }

  /**
   * Returns whether to report a broken connection. Browsers break the connections of a page that is left:
   *
   * - Chromium does so before `pagehide`, and promise callbacks run between its listeners. No task runs in such a page.
   * - Firefox and WebKit do so when a navigation begins. If it was a download, the page stays and connects again.
   */
  async #pageStays(core: Core): Promise<boolean> {
    const isNavigating = monotonic() - this.#navigatedAt < NAVIGATION;
    const pause = (): Promise<unknown> => (isNavigating ? new Promise((done) => setTimeout(done, 1000)) : nextTask());
    if (!(await this.#untilInterrupted(core, pause))) return false;
    if (isNavigating) for (const signal of [SUSPEND, RESUME]) core.signal(signal, 0);
    return !isNavigating;
  }

  #fail(core: Core, signal: number, cause?: unknown): void {
    this.#cause = cause;
    core.signal(signal, 0);
  }

  /**
   * Awaits the promise of `work` and returns what `use` returns, by default `{ value }`. Returns `undefined` if the core
   * interrupts the wait. Uses callbacks, because a chain of promises would delay every event.
   */
  #untilInterrupted<Value, Result = { value: Value }>(
    core: Core,
    work: () => Promise<Value>,
    use: (value: Value) => Result | Promise<Result> = (value) => ({ value }) as Result,
  ): Promise<Result | undefined> {
    const begun = this.#now(core);
    return new Promise((resolve, reject) => {
      let isOver = false;
      const interrupted = (now: number): boolean => {
        if (!isOver && core.check(now)) {
          isOver = true;
          resolve(undefined);
        }
        return isOver;
      };
      // Compare with the time at which the wait began. A result that arrived before the deadline is valid even if this
      // callback runs late.
      const settle =
        <Settled>(end: (value: Settled) => void) =>
        (value: Settled): void => {
          if (interrupted(begun)) return;
          isOver = true;
          end(value);
        };
      this.#wake = () => {
        if (!isOver && !interrupted(this.#now(core))) this.#setTimer(core);
      };
      this.#wake();
      if (!isOver)
        work().then(
          settle((value) => resolve(use(value))),
          settle(reject),
        );
    });
  }

  /** Sets one timer for all deadlines. It is not replaced if it fires early enough. */
  #setTimer(core: Core): void {
    const now = this.#now(core);
    const wait = core.wait(now);
    const endsAt = now + Math.min(wait, LONGEST_TIMEOUT);
    if (wait === Infinity || (this.#timer !== undefined && this.#timerEndsAt <= endsAt)) return;
    clearTimeout(this.#timer);
    this.#timerEndsAt = endsAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      core.signal(TIMER, endsAt);
      this.#wake();
    }, endsAt - now);
  }

  /** Cancels the body before it aborts the request, because the body of an aborted request cannot be cancelled. */
  #closeRequest(): void {
    this.#body?.cancel();
    this.#request?.abort();
    this.#body = undefined;
    this.#request = undefined;
  }

  #release(core: Core): void {
    this.#closeRequest();
    clearTimeout(this.#timer);
    this.#page?.abort();
    countSource(this.#controller.url, -1);
    core.free();
    this.#core = undefined;
    this.#parser.free();
  }
}

/** Returns the result of `shouldRetry` as the core reads it. */
function numberOf(verdict: boolean | number | undefined): number {
  if (typeof verdict === 'number') return Math.max(verdict, 0);
  return typeof verdict === 'boolean' ? (verdict ? VERDICT_RETRY : VERDICT_STOP) : NaN;
}
