//! The loop of a source ([WHATWG HTML §9.2.3]): connect, read, reconnect.
//!
//! [WHATWG HTML §9.2.3]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::future::{pending, poll_fn};
use core::ops::Range;

use futures_core::future::LocalBoxFuture;
use gloo_timers::future::TimeoutFuture;
use web_sys::{Response, Url};

use super::body::{BodyReader, Chunk, ReadError};
use super::interruptible::Interruptible;
use super::messages::{Facts, message_of};
use super::page_lifecycle::PageLifecycle;
use super::request::{Attempt, Provided, Request};
use super::response::{heartbeat_interval, report, text_of};
use super::shared_state::{SharedState, SliceContents};
use super::single_flight::{Issued, Running};
use super::sources::CountedSource;
use super::sys;
use crate::browser::auth::Auth;
use crate::browser::context::{AttemptContext, ResponseHead};
use crate::browser::error::{BoxError, Error, FailureContext, SharedError};
use crate::browser::fetch::{FetchResponse, ResponseBody};
use crate::browser::problems;
use crate::browser::state::State;
use crate::connection::{Cause, Decision, Failure, Pace, Reason, RequestKind, Step};
use crate::event_stream::{EventStreamParser, SharedStr};

/// Performs the steps of a lifecycle, and reports their results to it.
struct ConnectionLoop {
    shared: Rc<SharedState>,
    interruptible: Interruptible,
    // Declared before the request, because the body must be cancelled before the request is aborted.
    stream: Option<EventStream>,
    request: Option<Request>,
    /// The response, until the stream is open.
    answer: Option<FetchResponse>,
    /// The exception or the error of a provider that caused the failure, if there is one.
    cause: Option<SharedError>,
    /// The facts for the message of a failure.
    facts: Facts,
    /// The token of the latest attempt.
    issued: Issued,
    /// The latest response of any status.
    latest: Latest,
    /// Texts that no error may repeat: of the URL, and of the latest request.
    secrets: Vec<String>,
    /// The URL of the last redirect, which reconnects use under the policy of browsers.
    redirected_to: Option<Url>,
    pace: Pace,
    counted: CountedSource,
    page: PageLifecycle,
}

/// What is kept of a response.
#[derive(Clone, Default)]
struct Latest {
    head: Option<ResponseHead>,
    web: Option<Response>,
    /// The text of an error response.
    body: Option<String>,
}

struct EventStream {
    body: BodyReader,
    parser: EventStreamParser,
    /// The origin of the events.
    origin: SharedStr,
}

/// Connects, reads and reconnects ([WHATWG HTML §9.2.3]) until the connection is closed.
/// Dropping the future releases its request, reader, timers and listeners.
///
/// [WHATWG HTML §9.2.3]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
pub(super) async fn run(shared: Rc<SharedState>) {
    let mut connection = ConnectionLoop::new(shared);
    loop {
        let now = connection.shared.now();
        let step = connection.shared.lifecycle().step(now);
        match step {
            Step::Prepare(cause) => {
                connection.shared.state.set(State::Connecting);
                connection.prepare(cause).await;
            }
            Step::Fetch(kind) => connection.fetch(kind).await,
            Step::Open => connection.open(),
            Step::Read => connection.read().await,
            Step::Decide => connection.decide().await,
            Step::Restart(_) => {
                connection.drop_request();
                connection.shared.state.set(State::Connecting);
            }
            Step::Wait => {
                connection.interruptible.run(pending::<()>()).await;
            }
            Step::Stop => return connection.shared.on_closed(),
        }
    }
}

impl ConnectionLoop {
    fn new(shared: Rc<SharedState>) -> Self {
        Self {
            interruptible: Interruptible::new(Rc::clone(&shared)),
            counted: CountedSource::of(shared.options.url.origin()),
            page: PageLifecycle::listen(&shared),
            secrets: shared.options.secrets_of_url(),
            shared,
            stream: None,
            request: None,
            answer: None,
            cause: None,
            facts: Facts::default(),
            issued: Issued::default(),
            latest: Latest::default(),
            redirected_to: None,
            pace: Pace::START,
        }
    }

    fn fail(&self, reason: Reason) {
        self.shared.lifecycle().fail(reason);
    }

    fn fail_by(&mut self, reason: Reason, cause: SharedError) {
        self.cause = Some(cause);
        self.fail(reason);
    }

    /// Fails permanently, because a retry would find the same problem.
    fn fail_with(&mut self, problem: &'static str) {
        self.facts.problem = Some(problem);
        self.fail(Reason::Request);
    }

    fn drop_request(&mut self) {
        self.stream = None;
        self.request = None;
        self.answer = None;
    }

    fn forget_failure(&mut self) {
        self.answer = None;
        self.cause = None;
        self.facts.problem = None;
    }

    /// Calls the providers and builds the request.
    async fn prepare(&mut self, cause: Cause) {
        self.forget_failure();
        if let Some(auth) = self.shared.options.auth.clone()
            && self.prepare_token(&auth, cause).await.is_none()
        {
            return;
        }
        let Some(provided) = self.call_providers(cause).await else {
            return;
        };
        self.build(provided);
    }

    /// Sets the token of the attempt. Returns `None` if the attempt is over, as all functions below do,
    /// so that `?` ends it: an interrupt, a time limit or a failure, which is already reported.
    async fn prepare_token(&mut self, auth: &Auth, cause: Cause) -> Option<()> {
        if cause == Cause::Unauthorized && !self.refresh(auth, cause).await? {
            self.shared.lifecycle().refresh_refused();
            return None;
        }
        let mut issued = self.request_token(auth, cause).await?;
        if cause == Cause::Renewal && issued.token == self.issued.token {
            // The provider has cached its token. Without a refresh the server would reject it soon.
            self.refresh(auth, cause).await?;
            issued = self.request_token(auth, cause).await?;
        }
        self.set_token(issued);
        Some(())
    }

    /// Calls the providers of headers and body. Returns `None` if the attempt is over.
    async fn call_providers(&mut self, cause: Cause) -> Option<Provided> {
        let mut context = self.attempt_context(cause);
        context.token = self.issued.token.clone();
        let mut provided = Provided::default();
        let shared = Rc::clone(&self.shared);
        if let Some(headers) = &shared.options.headers {
            provided.headers = self.call(headers(context.clone())).await?;
        }
        if let Some(body) = &shared.options.body {
            provided.body = Some(self.call(body(context)).await?);
        }
        Some(provided)
    }

    /// Calls a provider within its time limit. The call runs to its end even if the attempt is over.
    async fn call<T: Clone + 'static>(
        &mut self,
        call: LocalBoxFuture<'static, Result<T, BoxError>>,
    ) -> Option<T> {
        let now = self.shared.now();
        self.shared.lifecycle().on_provider_call(now);
        let call = Running::start(async { call.await.map_err(SharedError::from) });
        let result = self.interruptible.run(call.result()).await?;
        self.or_fail(result).await
    }

    fn attempt_context(&self, cause: Cause) -> AttemptContext {
        let lifecycle = self.shared.lifecycle();
        AttemptContext {
            attempt: lifecycle.attempt(),
            cause,
            last_event_id: lifecycle.retry_state().last_event_id().to_owned(),
            url: self.shared.options.url.href(),
            response: self.latest.head.clone(),
            body: self.latest.body.clone(),
            token: None,
        }
    }

    fn set_token(&mut self, issued: Issued) {
        let is_new = issued.token != self.issued.token;
        let life = issued.token.as_ref().and_then(|token| token.life);
        self.shared.lifecycle().set_token(life, is_new, sys::unix());
        self.issued = issued;
    }

    /// Returns the token of the attempt, or `None` if the attempt is over.
    async fn request_token(&mut self, auth: &Auth, cause: Cause) -> Option<Issued> {
        let now = self.shared.now();
        self.shared.lifecycle().on_provider_call(now);
        let call = auth.token(self.attempt_context(cause));
        let result = self.interruptible.run(call).await?;
        self.or_fail(result).await
    }

    /// Replaces the token of the latest attempt. Returns whether the provider has other credentials,
    /// or `None` if the attempt is over.
    async fn refresh(&mut self, auth: &Auth, cause: Cause) -> Option<bool> {
        self.shared.lifecycle().on_refresh();
        let (issued, context) = (self.issued.clone(), self.attempt_context(cause));
        let refresh = auth.refresh(&issued, context);
        let result = self.interruptible.run(refresh).await?;
        self.or_fail(result).await
    }

    async fn or_fail<T>(&mut self, result: Result<T, SharedError>) -> Option<T> {
        match result {
            Ok(value) => return Some(value),
            Err(cause) if self.page_stays().await => self.fail_by(Reason::Auth, cause),
            Err(_) => {}
        }
        None
    }

    fn build(&mut self, provided: Provided) {
        let last_event_id = self
            .shared
            .lifecycle()
            .retry_state()
            .last_event_id()
            .to_owned();
        let attempt = Attempt {
            options: &self.shared.options,
            redirected_to: self.redirected_to.as_ref(),
            last_event_id: &last_event_id,
            token: self.issued.token.as_ref(),
            provided,
        };
        let guard = |origin, has_secrets| self.shared.lifecycle().guard(origin, has_secrets);
        match Request::new(attempt, guard) {
            Ok(request) => {
                self.facts.auth_problem = request.auth_problem;
                self.secrets = self.shared.options.secrets_of_url();
                self.secrets.extend(request.secrets.iter().cloned());
                self.request = Some(request);
                let now = self.shared.now();
                self.shared.lifecycle().prepared(now);
            }
            Err(problem) => self.fail_with(problem),
        }
    }

    async fn fetch(&mut self, kind: RequestKind) {
        let Some(request) = &self.request else {
            return self.fail(Reason::Network);
        };
        // Some of the sources may have failed by the time of the message.
        self.facts.sources = self.counted.count();
        let sent = request.send(kind, &self.shared.options);
        match self.interruptible.run(sent).await {
            Some(Ok(response)) => self.responded(kind, response),
            Some(Err(_)) if !self.page_stays().await => return self.forget_failure(),
            Some(Err(cause)) => {
                // Keep the exception of the first request. Later requests are probes of our own.
                self.cause.get_or_insert(cause);
                return self.shared.lifecycle().unanswered();
            }
            None => return self.forget_failure(),
        }
        self.read_error_body().await;
    }

    /// Returns whether to report a broken connection. Browsers break the connections of a page that is left:
    ///
    /// - Chromium does so before `pagehide`, and promise callbacks run between its listeners. No task runs
    ///   in such a page.
    /// - Firefox and WebKit do so when a navigation begins. If it was a download, the page stays and
    ///   connects again.
    async fn page_stays(&mut self) -> bool {
        if !self.page.is_navigating() {
            return self.interruptible.run(sys::next_task()).await.is_some();
        }
        let pause = TimeoutFuture::new(1000);
        if self.interruptible.run(pause).await.is_some() {
            let now = self.shared.now();
            let mut lifecycle = self.shared.lifecycle();
            lifecycle.set_suspended(true);
            // Before a provider is called again.
            lifecycle.check(now);
            lifecycle.set_suspended(false);
        }
        false
    }

    fn responded(&mut self, kind: RequestKind, response: FetchResponse) {
        if matches!(response.body, ResponseBody::NotAResponse) {
            return self.fail_with(problems::NOT_A_RESPONSE);
        }
        report(&response, &self.shared);
        if matches!(kind, RequestKind::Request | RequestKind::RequestAgain) {
            self.forget_failure();
            self.latest = Latest {
                head: Some(response.head.clone()),
                web: response.web().cloned(),
                body: None,
            };
            self.answer = Some(response);
        }
    }

    /// Reads the body of an error response, or of a response with a wrong content type.
    async fn read_error_body(&mut self) {
        let has_body = self.shared.lifecycle().failure().is_some_and(|failure| {
            // A 204 has no body.
            failure.status.is_some_and(|status| status != 204)
        });
        if let (true, Some(response)) = (has_body, &mut self.answer) {
            let read = self.interruptible.run(text_of(response)).await;
            self.latest.body = read.flatten();
        }
    }

    fn open(&mut self) {
        let Some(mut response) = self.answer.take() else {
            return self.fail(Reason::Network);
        };
        match BodyReader::of(&mut response) {
            Some(body) => self.announce(&response, body),
            // A response of the network without a body is an empty event stream.
            None if self.shared.options.fetch.is_none() && has_no_body(&response) => {
                self.fail(Reason::End);
            }
            None => self.fail_with(problems::NOT_READABLE),
        }
    }

    fn announce(&mut self, response: &FetchResponse, body: BodyReader) {
        let options = &self.shared.options;
        let (now, heartbeat_interval) = (self.shared.now(), heartbeat_interval(&response.head));
        let mut lifecycle = self.shared.lifecycle();
        let is_resumed = lifecycle.announce(now, sys::unix(), heartbeat_interval);
        let mut parser = EventStreamParser::new().max_event_size(options.max_event_size);
        parser.reset(lifecycle.retry_state().last_event_id());
        drop(lifecycle);
        let url = Url::new(&response.head.url).ok();
        let origin = url.as_ref().unwrap_or(&options.url).origin();
        self.stream = Some(EventStream {
            body,
            parser,
            origin: SharedStr::from(&*origin),
        });
        // The standard reconnects to the URL of the last redirect. An attempt with secrets begins at
        // the URL of the caller again.
        if options.policy.retry.is_spec && response.is_redirected {
            self.redirected_to = url;
        }
        self.shared.state.set(State::Open {
            is_resumed,
            response: response.head.clone(),
        });
    }

    /// Reads one chunk.
    async fn read(&mut self) {
        if self.shared.is_full() {
            return self.wait_for_room().await;
        }
        let Some(EventStream { body, .. }) = &mut self.stream else {
            return self.fail(Reason::Network);
        };
        let chunk = poll_fn(|context| body.poll_chunk(context));
        match self.interruptible.run(chunk).await {
            Some(Ok(Some(chunk))) => self.deliver(&chunk).await,
            Some(Ok(None)) => self.fail(Reason::End),
            Some(Err(ReadError::NotBytes)) => self.fail_with(problems::NOT_READABLE),
            Some(Err(ReadError::Broken(cause))) if self.page_stays().await => {
                self.fail_by(Reason::Network, cause);
            }
            _ => {}
        }
    }

    /// A stream that opens while the queue is full, for example with a renewed token, reads nothing.
    async fn wait_for_room(&mut self) {
        self.shared.lifecycle().on_delivery();
        self.interruptible.run(self.shared.has_room()).await;
        let now = self.shared.now();
        self.shared.lifecycle().on_bytes(now, now, false);
    }

    /// Parses a chunk slice by slice, and waits after each until the queue has room.
    async fn deliver(&mut self, chunk: &Chunk) {
        let arrived = self.shared.now();
        self.shared.lifecycle().on_delivery();
        // A comment that follows an event in the same chunk did not end the silence.
        let is_comment = chunk.starts_with(b':');
        let mut has_comment = false;
        let mut start = 0;
        // After a restart the server sends the rest of the chunk again.
        while start < chunk.len() && !self.shared.lifecycle().must_stop_reading() {
            let started = sys::monotonic();
            let end = chunk.len().min(start + self.pace.slice as usize);
            let contents = self.parse(chunk, start..end);
            let len = (end - start) as u32;
            start = end;
            has_comment |= contents.has_comment;
            if contents.is_over {
                return self.shared.lifecycle().close();
            }
            self.interruptible.run(self.shared.has_room()).await;
            if contents.is_too_large {
                return self.fail(Reason::TooLarge);
            }
            let took = sys::monotonic().saturating_sub(started).get();
            self.yield_if_due(len, took as u32).await;
        }
        let now = self.shared.now();
        self.shared
            .lifecycle()
            .on_bytes(arrived, now, is_comment && has_comment);
    }

    fn parse(&mut self, chunk: &Chunk, slice: Range<usize>) -> SliceContents {
        let Some(EventStream { parser, origin, .. }) = &mut self.stream else {
            return SliceContents::default();
        };
        self.shared.deliver(parser, origin, chunk, slice)
    }

    /// Yields to other tasks of the page if events have used up the time of this task.
    async fn yield_if_due(&mut self, len: u32, took: u32) {
        let (pace, should_yield) = self.pace.after(len, took);
        self.pace = pace;
        if should_yield {
            // A page in the back/forward cache runs no tasks: react to a suspension at once.
            self.interruptible.run(sys::next_task()).await;
        }
    }

    /// The URL that a message may quote: without user name, password, query and fragment.
    fn url_of_message(&self) -> String {
        let url = &self.shared.options.url;
        let text = match &*url.origin() {
            // The URL has another scheme than HTTP.
            "null" => url.protocol() + &url.pathname(),
            origin => origin.to_owned() + &url.pathname(),
        };
        let secrets = self.secrets.iter().filter(|secret| !secret.is_empty());
        secrets.fold(text, |text, secret| {
            text.replace(secret.as_str(), "[redacted]")
        })
    }

    /// The error of a failure, without secrets.
    fn error_of(&mut self, mut failure: Failure) -> Error {
        failure.redact(self.secrets.iter().map(String::as_str));
        // The provider may refuse to refresh after the response is dropped.
        let has_response = self.answer.is_some() || failure.reason == Reason::Unauthorized;
        let latest = match has_response {
            true => self.latest.clone(),
            false => Latest::default(),
        };
        let mut context = FailureContext {
            cause: self.cause.take(),
            response: latest.head,
            web_response: latest.web,
            body: latest.body,
        };
        context.redact(&self.secrets);
        self.facts.url = self.url_of_message();
        if failure.reason == Reason::End && self.shared.hooks.until.is_some() {
            self.facts.problem = Some(problems::END_BEFORE_UNTIL);
        }
        let message = message_of(&failure, &self.facts);
        Error::new(failure, message, context)
    }

    /// Calls `should_retry`, decides what follows the failure, and reports it to the caller.
    async fn decide(&mut self) {
        let Some(failure) = self.shared.lifecycle().failure().cloned() else {
            return;
        };
        // The end of the stream is no error if the server ended it on purpose. In browsers it is one.
        let is_spec = self.shared.options.policy.retry.is_spec;
        let has_ended_early = self.shared.hooks.until.is_some() && failure.reason == Reason::End;
        let is_ordinary_end = failure.is_ordinary_end() && !is_spec && !has_ended_early;
        let error = self.error_of(failure);
        self.drop_request();
        let shared = Rc::clone(&self.shared);
        let mut verdict = None;
        if let Some(should_retry) = &shared.hooks.verdict {
            let Some(answer) = self.interruptible.run(should_retry(error.clone())).await else {
                return;
            };
            verdict = answer.map(Into::into);
        }
        if shared.is_closed() {
            // The callback closed the source.
            return;
        }
        let attempt = shared.lifecycle().attempt();
        let (now, random) = (shared.now(), js_sys::Math::random());
        let decision = shared.lifecycle().decide(verdict, now, random);
        match decision {
            Decision::Wait(wait) => shared.state.set(State::Waiting {
                error,
                wait: wait.into(),
                attempt,
            }),
            Decision::Stop if !is_ordinary_end => shared.fail(error),
            _ => {}
        }
    }
}

fn has_no_body(response: &FetchResponse) -> bool {
    response
        .web()
        .is_some_and(|response| sys::member(response, "body").is_none_or(|body| body.is_null()))
}
