//! The loop of a source ([WHATWG HTML §9.2.3]): connect, read, reconnect.
//!
//! [WHATWG HTML §9.2.3]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use core::future::{pending, poll_fn};
use core::mem;

use futures_core::future::LocalBoxFuture;
use js_sys::Uint8Array;
use web_sys::{Response, Url};

use super::auth::Auth;
use super::body::BodyReader;
use super::context::{AttemptContext, ResponseHead};
use super::error::BoxError;
use super::error::{self, Error, Exception, FailureContext};
use super::interruptible::Interruptible;
use super::page_lifecycle::PageLifecycle;
use super::request::{Attempt, Provided, Request};
use super::response::{heartbeat_interval, report, response_head, text_of};
use super::shared_state::{SharedState, SliceContents};
use super::single_flight::{Issued, Running};
use super::state::State;
use super::sys;
use crate::connection::{Cause, Decision, Failure, Pace, Reason, RequestKind, Step};
use crate::event_stream::EventStreamParser;

/// Performs the steps of a lifecycle, and reports their results to it.
struct ConnectionLoop {
    shared: Rc<SharedState>,
    interruptible: Interruptible,
    // Declared before the request, because the body must be cancelled before the request is aborted.
    stream: Option<EventStream>,
    request: Option<Request>,
    /// The exception and the response of the current action, should it fail.
    context: FailureContext,
    /// The token of the latest attempt.
    issued: Issued,
    /// The latest response.
    response: Option<ResponseHead>,
    /// The URL of the last redirect, which reconnects use under the policy of browsers.
    redirected_to: Option<Url>,
    pace: Pace,
}

struct EventStream {
    body: BodyReader,
    parser: EventStreamParser,
}

/// Connects, reads and reconnects ([WHATWG HTML §9.2.3]) until the connection is closed.
/// Dropping the future releases its request, reader, timers and listeners.
///
/// [WHATWG HTML §9.2.3]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
pub(super) async fn run(shared: Rc<SharedState>) {
    let _page = PageLifecycle::listen(&shared);
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
            shared,
            stream: None,
            request: None,
            context: FailureContext::default(),
            issued: Issued::default(),
            response: None,
            redirected_to: None,
            pace: Pace::START,
        }
    }

    fn fail(&self, reason: Reason) {
        self.shared.lifecycle().fail(reason);
    }

    fn fail_by(&mut self, reason: Reason, cause: error::Cause) {
        self.context.cause = Some(cause);
        self.fail(reason);
    }

    /// Drops the request and its stream, and returns the context of their failure.
    fn drop_request(&mut self) -> FailureContext {
        self.stream = None;
        self.request = None;
        mem::take(&mut self.context)
    }

    /// Calls the providers and builds the request.
    async fn prepare(&mut self, cause: Cause) {
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

    /// Sets the token of the attempt. Returns `None` if the attempt is over.
    async fn prepare_token(&mut self, auth: &Auth, cause: Cause) -> Option<()> {
        if cause == Cause::Unauthorized && !self.refresh(auth).await? {
            self.shared.lifecycle().refresh_refused();
            return None;
        }
        let mut issued = self.request_token(auth, cause).await?;
        if cause == Cause::Renewal && issued.token == self.issued.token {
            // The provider has cached its token. Without a refresh the server would reject it soon.
            self.refresh(auth).await?;
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
        let call = Running::start(async { call.await.map_err(error::Cause::from) });
        let result = self.interruptible.run(call.result()).await?;
        self.or_fail(result)
    }

    fn attempt_context(&self, cause: Cause) -> AttemptContext {
        let lifecycle = self.shared.lifecycle();
        AttemptContext {
            attempt: lifecycle.attempt(),
            cause,
            last_event_id: lifecycle.retry_state().last_event_id().to_owned(),
            url: self.shared.options.url.href(),
            response: self.response.clone(),
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
        self.or_fail(result)
    }

    /// Replaces the token of the latest attempt. Returns whether the provider has other credentials,
    /// or `None` if the attempt is over.
    async fn refresh(&mut self, auth: &Auth) -> Option<bool> {
        self.shared.lifecycle().on_refresh();
        let issued = self.issued.clone();
        let result = self.interruptible.run(auth.refresh(&issued)).await?;
        self.or_fail(result)
    }

    fn or_fail<T>(&mut self, result: Result<T, error::Cause>) -> Option<T> {
        result
            .map_err(|cause| self.fail_by(Reason::Auth, cause))
            .ok()
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
                self.request = Some(request);
                let now = self.shared.now();
                self.shared.lifecycle().prepared(now);
            }
            // Drop the exception: some engines quote the illegal value, which may be a secret.
            Err(_) => self.fail(Reason::Request),
        }
    }

    async fn fetch(&mut self, kind: RequestKind) {
        let Some(request) = &self.request else {
            return self.fail(Reason::Network);
        };
        let sent = request.send(kind, &self.shared.options);
        match self.interruptible.run(sent).await {
            Some(Ok(response)) => self.responded(kind, response),
            Some(Err(exception)) => {
                // Keep the exception of the first request. Later requests are probes of our own.
                let cause = &mut self.context.cause;
                cause.get_or_insert_with(|| Exception::cause(exception));
                self.shared.lifecycle().unanswered();
            }
            None => self.context = FailureContext::default(),
        }
    }

    fn responded(&mut self, kind: RequestKind, response: Response) {
        report(&response, &self.shared);
        if matches!(kind, RequestKind::Request | RequestKind::RequestAgain) {
            self.response = Some(response_head(&response));
            self.context = FailureContext::of(response);
        }
    }

    fn open(&mut self) {
        let Some(response) = self.context.response.take() else {
            return self.fail(Reason::Network);
        };
        // A response without a body is an empty event stream.
        let Some(bytes) = response.body() else {
            self.context = FailureContext::of(response);
            return self.fail(Reason::End);
        };
        match BodyReader::new(&bytes, &response) {
            Ok(body) => self.announce(&response, body),
            Err(exception) => self.fail_by(Reason::Network, Exception::cause(exception)),
        }
    }

    fn announce(&mut self, response: &Response, body: BodyReader) {
        let options = &self.shared.options;
        let (now, heartbeat_interval) = (self.shared.now(), heartbeat_interval(response));
        let mut lifecycle = self.shared.lifecycle();
        let is_resumed = lifecycle.announce(now, sys::unix(), heartbeat_interval);
        let mut parser = EventStreamParser::new().max_event_size(options.max_event_size);
        parser.reset(lifecycle.retry_state().last_event_id());
        drop(lifecycle);
        self.stream = Some(EventStream { body, parser });
        // The standard reconnects to the URL of the last redirect. An attempt with secrets begins at
        // the URL of the caller again.
        if options.policy.retry.is_spec && response.redirected() {
            self.redirected_to = Url::new(&response.url()).ok();
        }
        self.shared.state.set(State::Open { is_resumed });
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
            Some(Err(exception)) => self.fail_by(Reason::Network, Exception::cause(exception)),
            None => {}
        }
    }

    /// Parses a chunk slice by slice, and waits after each until the queue has room.
    async fn deliver(&mut self, chunk: &Uint8Array) {
        let arrived = self.shared.now();
        // A comment that follows an event in the same chunk did not end the silence.
        let is_comment = chunk.length() > 0 && chunk.get_index(0) == b':';
        let mut has_comment = false;
        let mut start = 0;
        // After a restart the server sends the rest of the chunk again.
        while start < chunk.length() && !self.shared.lifecycle().must_stop_reading() {
            let started = sys::monotonic();
            let slice = chunk.subarray(start, chunk.length().min(start + self.pace.slice));
            start += slice.length();
            let contents = self.parse(&slice);
            has_comment |= contents.has_comment;
            if contents.is_over {
                return self.shared.lifecycle().close();
            }
            self.shared.queue_has_room().await;
            if contents.is_too_large {
                return self.fail(Reason::TooLarge);
            }
            let took = sys::monotonic().saturating_sub(started).get();
            self.yield_if_due(slice.length(), took as u32).await;
        }
        let now = self.shared.now();
        self.shared
            .lifecycle()
            .on_bytes(arrived, now, is_comment && has_comment);
    }

    fn parse(&mut self, slice: &Uint8Array) -> SliceContents {
        let Some(EventStream { parser, .. }) = &mut self.stream else {
            return SliceContents::default();
        };
        self.shared.deliver(parser, slice)
    }

    /// Yields to other tasks of the page if events have used up the time of this task.
    async fn yield_if_due(&mut self, len: u32, took: u32) {
        let (pace, should_yield) = self.pace.after(len, took);
        self.pace = pace;
        if should_yield {
            // A page in the back/forward cache runs no tasks: react to a suspension at once.
            self.shared.unless_stopped(sys::next_task()).await;
        }
    }

    /// The URL that a message may quote: without user name, password, query and fragment.
    fn url_of_message(&self) -> String {
        let url = &self.shared.options.url;
        let mut text = url.origin() + &url.pathname();
        for secret in self.request.iter().flat_map(|request| &request.secrets) {
            text = text.replace(secret.as_str(), "[redacted]");
        }
        text
    }

    /// Calls `should_retry`, decides what follows the failure, and reports it to the caller.
    async fn decide(&mut self) {
        let Some(mut failure) = self.shared.lifecycle().failure().cloned() else {
            return;
        };
        self.read_error_body(&failure).await;
        if let Some(request) = &self.request {
            failure.redact(request.secrets.iter().map(String::as_str));
            self.context.redact(&request.secrets);
        }
        // The end of the stream is no error if the server ended it on purpose. In browsers it is one.
        let is_spec = self.shared.options.policy.retry.is_spec;
        let has_ended_early = self.shared.hooks.until.is_some() && failure.reason == Reason::End;
        let is_ordinary_end = failure.is_ordinary_end() && !is_spec && !has_ended_early;
        let url = self.url_of_message();
        let mut context = self.drop_request();
        context.url = Some(url);
        let error = Error::new(failure.clone(), context);
        let hooks = &self.shared.hooks;
        let verdict = hooks
            .verdict
            .as_ref()
            .and_then(|should_retry| should_retry(&error))
            .map(Into::into);
        if self.shared.is_closed() {
            // The callback closed the source.
            return;
        }
        let (now, random) = (self.shared.now(), js_sys::Math::random());
        let decision = self.shared.lifecycle().decide(verdict, now, random);
        match decision {
            Decision::Wait(wait) => self.shared.state.set(State::Waiting {
                error,
                wait: wait.into(),
            }),
            Decision::Stop if !is_ordinary_end => self.shared.fail(error),
            _ => {}
        }
    }

    /// Reads the body of an error response, or of a response with a wrong content type.
    async fn read_error_body(&mut self, failure: &Failure) {
        let has_body = matches!(
            failure.reason,
            Reason::Status | Reason::ContentType | Reason::Unauthorized
        );
        if let (true, Some(response)) = (has_body, &self.context.response) {
            self.context.body = text_of(response).await;
        }
    }
}
