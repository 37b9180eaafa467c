use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use core::future::{pending, poll_fn};
use core::mem;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use web_sys::Response;

use super::auth::{AttemptContext, Token};
use super::body::Body;
use super::error::{Error, FailureContext};
use super::interruptible::Interruptible;
use super::page_lifecycle::PageLifecycle;
use super::request::Request;
use super::response::{Head, heartbeat_interval};
use super::shared_state::{Found, SharedState};
use super::sys;
use crate::connection::{Cause, Decision, Pace, Reason, RequestKind, Step};
use crate::event_stream::EventStreamParser;

/// Does what the lifecycle of a source says, and tells it what came of it.
struct Driver {
    shared: Rc<SharedState>,
    interruptible: Interruptible,
    // Before the request, because the body is to be cancelled before the request is aborted.
    stream: Option<EventStream>,
    request: Option<Request>,
    /// What came with a failure, should it become one.
    context: FailureContext,
    /// The token of the stream that was opened last.
    token: Option<Token>,
    pace: Pace,
}

struct EventStream {
    body: Body,
    parser: EventStreamParser,
}

/// Connects, reads and reconnects ([WHATWG HTML §9.2.3]) until the connection is closed.
/// Dropping the future releases all that it holds: request, reader, timers, listeners.
///
/// [WHATWG HTML §9.2.3]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
pub(super) async fn run(shared: Rc<SharedState>) {
    let _page = PageLifecycle::listen(&shared);
    let mut driver = Driver::new(shared);
    loop {
        let step = driver.shared.lifecycle().step(sys::now());
        match step {
            Step::Prepare(cause) => driver.prepare(cause).await,
            Step::Fetch(kind) => driver.fetch(kind).await,
            Step::Open => driver.open(),
            Step::Read => driver.read().await,
            Step::Decide => driver.judge(),
            Step::Restart(_) => {
                driver.let_go();
            }
            Step::Wait => {
                driver.interruptible.run(pending::<()>()).await;
            }
            Step::Stop => return,
        }
    }
}

impl Driver {
    fn new(shared: Rc<SharedState>) -> Self {
        Self {
            interruptible: Interruptible::new(Rc::clone(&shared)),
            shared,
            stream: None,
            request: None,
            context: FailureContext::default(),
            token: None,
            pace: Pace::START,
        }
    }

    fn fail(&self, reason: Reason) {
        self.shared.lifecycle().fail(reason);
    }

    fn fail_by(&mut self, reason: Reason, cause: JsValue) {
        self.context.cause = Some(cause);
        self.fail(reason);
    }

    /// Ends the request, and hands over what came with its failure.
    fn let_go(&mut self) -> FailureContext {
        self.stream = None;
        self.request = None;
        mem::take(&mut self.context)
    }

    /// Asks the providers and builds the request.
    async fn prepare(&mut self, cause: Cause) {
        let attempt = self.shared.lifecycle().attempt();
        let asking = self.shared.options.token(AttemptContext { attempt, cause });
        match self.interruptible.run(asking).await {
            Some(Ok(token)) => self.build(token),
            Some(Err(cause)) => self.fail_by(Reason::Auth, cause),
            None => {}
        }
    }

    fn build(&mut self, token: Option<Token>) {
        let options = &self.shared.options;
        let origin = options.origin();
        let last_event_id = self
            .shared
            .lifecycle()
            .retry_state()
            .last_event_id()
            .to_owned();
        let guard = |has_secrets| self.shared.lifecycle().guard(origin, has_secrets);
        match Request::new(options, &last_event_id, token, guard) {
            Ok(request) => {
                self.request = Some(request);
                self.shared.lifecycle().prepared(sys::now());
            }
            // Without the cause: some engines quote the illegal value, which may be a secret.
            Err(_) => self.fail(Reason::Request),
        }
    }

    async fn fetch(&mut self, kind: RequestKind) {
        let Some(request) = &self.request else {
            return self.fail(Reason::Network);
        };
        let sent = request.send(kind, &self.shared.options.url);
        match self.interruptible.run(sent).await {
            Some(Ok(response)) => self.responded(kind, response),
            Some(Err(cause)) => {
                // What asks for the reason fails in ways of its own.
                self.context.cause.get_or_insert(cause);
                self.shared.lifecycle().unanswered();
            }
            None => self.context = FailureContext::default(),
        }
    }

    fn responded(&mut self, kind: RequestKind, response: Response) {
        Head::of(&response).report(&mut self.shared.lifecycle());
        if matches!(kind, RequestKind::Request | RequestKind::RequestAgain) {
            self.context = FailureContext::of(response);
        }
    }

    fn open(&mut self) {
        let Some(response) = self.context.response.take() else {
            return self.fail(Reason::Network);
        };
        // A response without a body is an event stream that has ended.
        let Some(bytes) = response.body() else {
            self.context = FailureContext::of(response);
            return self.fail(Reason::End);
        };
        match Body::new(&bytes) {
            Ok(body) => self.announce(&response, body),
            Err(cause) => self.fail_by(Reason::Network, cause),
        }
    }

    fn announce(&mut self, response: &Response, body: Body) {
        let options = &self.shared.options;
        let token = self.request.as_ref().and_then(|it| it.token.clone());
        let expires_at = token.as_ref().and_then(|token| token.expires_at);
        let is_same_token = self.token == token;
        self.token = token;
        let (now, heartbeat_interval) = (sys::now(), heartbeat_interval(response));
        let mut lifecycle = self.shared.lifecycle();
        let is_resumed = lifecycle.announce(now, heartbeat_interval, expires_at, is_same_token);
        let mut parser = EventStreamParser::new().max_event_size(options.max_event_size);
        parser.reset(lifecycle.retry_state().last_event_id());
        drop(lifecycle);
        self.stream = Some(EventStream { body, parser });
        // By the standard a reconnect keeps the URL of the last redirect. Secrets belong to the URL
        // that was given.
        let has_secrets = self
            .request
            .as_ref()
            .is_some_and(|request| request.has_secrets);
        if options.policy.retry.is_spec && response.redirected() && !has_secrets {
            options.url.set_href(&response.url());
        }
        if let Some(open) = &self.shared.hooks.open {
            open(is_resumed);
        }
    }

    /// Reads one chunk.
    async fn read(&mut self) {
        let Some(EventStream { body, .. }) = &mut self.stream else {
            return self.fail(Reason::Network);
        };
        let chunk = poll_fn(|context| body.poll_chunk(context));
        match self.interruptible.run(chunk).await {
            Some(Ok(Some(chunk))) => self.deliver(&chunk).await,
            Some(Ok(None)) => self.fail(Reason::End),
            Some(Err(cause)) => self.fail_by(Reason::Network, cause),
            None => {}
        }
    }

    /// Parses a chunk, slice by slice, and lets the caller have what it holds.
    async fn deliver(&mut self, chunk: &Uint8Array) {
        let arrived = sys::now();
        let mut has_comment = false;
        let mut start = 0;
        // What is left of it comes again.
        while start < chunk.length() && !self.shared.lifecycle().must_stop_reading() {
            let begun = js_sys::Date::now();
            let slice = chunk.subarray(start, chunk.length().min(start + self.pace.slice));
            start += slice.length();
            let found = self.parse(&slice);
            has_comment |= found.has_comment;
            self.shared.drained().await;
            if found.is_too_large {
                return self.fail(Reason::TooLarge);
            }
            let took = js_sys::Date::now() - begun;
            self.give_way(slice.length(), took as u32).await;
        }
        self.shared
            .lifecycle()
            .on_bytes(arrived, sys::now(), has_comment);
    }

    fn parse(&mut self, slice: &Uint8Array) -> Found {
        let Some(EventStream { parser, .. }) = &mut self.stream else {
            return Found::default();
        };
        self.shared.deliver(parser, slice)
    }

    /// Lets the page have its turn once events have taken up their share.
    async fn give_way(&mut self, len: u32, took: u32) {
        let (pace, is_over) = self.pace.after(len, took);
        self.pace = pace;
        if is_over {
            // A page that is put away has no turns: what is to be left is left now.
            self.shared.unless_stopped(sys::next_task()).await;
        }
    }

    /// Asks the caller for a last word, and tells him what comes next.
    fn judge(&mut self) {
        let Some(mut failure) = self.shared.lifecycle().failure().cloned() else {
            return;
        };
        if let Some(request) = &self.request {
            failure.redact(request.secrets.iter().map(String::as_str));
        }
        let context = self.let_go();
        let hooks = &self.shared.hooks;
        let verdict = hooks.verdict.as_ref().and_then(|ask| ask(&failure));
        let (now, random) = (sys::now(), js_sys::Math::random());
        let next = self.shared.lifecycle().decide(verdict, now, random);
        // A stream that its server ended on purpose is at its end, not broken.
        let is_ordinary_end = failure.is_ordinary_end();
        let error = Error::new(failure, context);
        match (next, &hooks.retry) {
            (Decision::Wait(wait), Some(retry)) => retry(&error, wait.into()),
            (Decision::Stop, _) if !is_ordinary_end => self.shared.fail(error),
            _ => {}
        }
    }
}
