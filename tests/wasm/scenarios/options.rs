//! The options of a scenario, as a builder.

use core::cell::Cell;
use core::time::Duration;
use std::collections::BTreeMap;
use std::rc::Rc;

use authenticated_event_source::AuthenticatedEventSource;
use authenticated_event_source::browser::{
    AttemptContext, Auth, BoxError, Builder, Token, TokenProvider,
};
use authenticated_event_source::connection::{
    HeartbeatTimeout, Jitter, RedirectPolicy, Retry, RetryOn, Verdict,
};
use futures_util::future::{AbortRegistration, Abortable, LocalBoxFuture, pending};
use serde::Deserialize;

use crate::against_the_fixture::quick;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Options {
    method: Option<String>,
    body: Option<String>,
    headers: BTreeMap<String, String>,
    token: Option<String>,
    tokens: Option<Vec<String>>,
    refresh: Option<Refresh>,
    refresh_on: Option<Vec<u16>>,
    /// The lifetimes of the tokens, in milliseconds.
    lifetimes: Option<Vec<u64>>,
    renew_before: Option<u64>,
    provider_failures: u32,
    retry: Option<RetryOption>,
    should_retry: Option<Decision>,
    last_event_id: Option<String>,
    last_event_id_param: Option<String>,
    connect_timeout: Option<u64>,
    heartbeat_timeout: Option<u64>,
    max_event_size: Option<usize>,
    redirect_policy: Option<Redirects>,
    until: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Refresh {
    Succeeds,
    Refuses,
    /// The first call fails.
    Throws,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Redirects {
    Follow,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RetryOption {
    Named(NamedPolicy),
    IsOn(bool),
    Options(RetryOptions),
}

/// The retry policies that have a name in the file. Another name is an error.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum NamedPolicy {
    Spec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RetryOptions {
    initial_delay: Option<u64>,
    max_delay: Option<u64>,
    multiplier: Option<f64>,
    jitter: Option<JitterOption>,
    max_retries: Option<u32>,
    on: Option<OnOption>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum JitterOption {
    None,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum OnOption {
    Error,
}

/// The result of `should_retry`: whether to retry, or after how many milliseconds.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Decision {
    Retries(bool),
    After(u64),
}

/// Ends when the handle of the registration aborts.
pub(super) async fn aborted(registration: AbortRegistration) {
    let _ = Abortable::new(pending::<()>(), registration).await;
}

impl Options {
    /// A method other than GET has the default policy.
    pub(super) fn builder(&self, url: &str) -> Builder {
        let milliseconds = Duration::from_millis;
        let mut builder = AuthenticatedEventSource::builder(url);
        match (&self.retry, &self.method) {
            (Some(retry), _) => builder = builder.retry(retry.policy()),
            (None, None) => builder = builder.retry(quick()),
            (None, Some(_)) => {}
        }
        if let Some(method) = &self.method {
            builder = builder.method(method);
        }
        if let Some(body) = &self.body {
            builder = builder.body(&**body);
        }
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        if let Some(token) = &self.token {
            builder = builder.bearer(&**token);
        }
        if let Some(auth) = self.auth() {
            builder = builder.auth(auth);
        }
        if let Some(id) = &self.last_event_id {
            builder = builder.last_event_id(id);
        }
        if let Some(name) = &self.last_event_id_param {
            builder = builder.last_event_id_param(name);
        }
        if let Some(time) = self.connect_timeout {
            builder = builder.connect_timeout(milliseconds(time));
        }
        if let Some(time) = self.heartbeat_timeout {
            builder = builder.heartbeat_timeout(HeartbeatTimeout::After(milliseconds(time)));
        }
        if let Some(size) = self.max_event_size {
            builder = builder.max_event_size(size);
        }
        if let Some(Redirects::Follow) = self.redirect_policy {
            builder = builder.redirect_policy(RedirectPolicy::Follow);
        }
        if let Some(decision) = self.should_retry {
            builder = builder.should_retry(move |_| async move { Some(decision.verdict()) });
        }
        match &self.until {
            Some(data) => builder.until(data),
            None => builder,
        }
    }

    fn auth(&self) -> Option<Auth> {
        let auth = Auth::new(Provider {
            tokens: self.tokens.clone()?,
            lifetimes: self.lifetimes.clone(),
            refresh: self.refresh,
            failures: Rc::new(Cell::new(self.provider_failures)),
            calls: Rc::default(),
            refreshes: Rc::default(),
        });
        let auth = match &self.refresh_on {
            Some(statuses) => auth.refresh_on(statuses.iter().copied()),
            None => auth,
        };
        Some(match self.renew_before {
            Some(time) => auth.renew_before(Duration::from_millis(time)),
            None => auth,
        })
    }
}

impl RetryOption {
    fn policy(&self) -> Retry {
        match self {
            Self::Named(NamedPolicy::Spec) => Retry::spec(),
            Self::IsOn(false) => Retry::never(),
            Self::IsOn(true) => Retry::default(),
            Self::Options(options) => options.policy(),
        }
    }
}

impl RetryOptions {
    fn policy(&self) -> Retry {
        let milliseconds = Duration::from_millis;
        let mut retry = Retry::default();
        if let Some(time) = self.initial_delay {
            retry = retry.initial_delay(milliseconds(time));
        }
        if let Some(time) = self.max_delay {
            retry = retry.max_delay(milliseconds(time));
        }
        if let Some(multiplier) = self.multiplier {
            retry = retry.multiplier(multiplier);
        }
        if let Some(JitterOption::None) = self.jitter {
            retry = retry.jitter(Jitter::None);
        }
        if let Some(retries) = self.max_retries {
            retry = retry.max_retries(retries);
        }
        match self.on {
            Some(OnOption::Error) => retry.on(RetryOn::Error),
            None => retry,
        }
    }
}

impl Decision {
    fn verdict(self) -> Verdict {
        match self {
            Self::Retries(true) => Verdict::Retry,
            Self::Retries(false) => Verdict::Stop,
            Self::After(time) => Verdict::RetryAfter(Duration::from_millis(time)),
        }
    }
}

/// A provider whose tokens follow one another: with each refresh, or else with each call.
struct Provider {
    tokens: Vec<String>,
    lifetimes: Option<Vec<u64>>,
    refresh: Option<Refresh>,
    failures: Rc<Cell<u32>>,
    calls: Rc<Cell<usize>>,
    refreshes: Rc<Cell<usize>>,
}

impl Provider {
    fn next(&self) -> Result<Option<Token>, BoxError> {
        if let Some(left) = self.failures.get().checked_sub(1) {
            self.failures.set(left);
            return Err("The provider has failed.".into());
        }
        let count = if self.refresh.is_some() {
            self.refreshes.get()
        } else {
            self.calls.replace(self.calls.get() + 1)
        };
        let index = count.min(self.tokens.len() - 1);
        let value = &*self.tokens[index];
        let now = js_sys::Date::now() as u64;
        Ok(Some(match &self.lifetimes {
            Some(lifetimes) => {
                Token::with_expiry(value, Duration::from_millis(now + lifetimes[index]))
            }
            None => Token::new(value),
        }))
    }
}

impl TokenProvider for Provider {
    fn token(&self, _: AttemptContext) -> LocalBoxFuture<'static, Result<Option<Token>, BoxError>> {
        let token = self.next();
        Box::pin(async { token })
    }

    fn on_unauthorized(
        &self,
        _: AttemptContext,
    ) -> LocalBoxFuture<'static, Result<bool, BoxError>> {
        self.refreshes.set(self.refreshes.get() + 1);
        let result = match self.refresh {
            Some(Refresh::Refuses) => Ok(false),
            Some(Refresh::Throws) if self.refreshes.get() == 1 => {
                Err("The refresh has failed.".into())
            }
            _ => Ok(true),
        };
        Box::pin(async { result })
    }

    fn has_refresh(&self) -> bool {
        self.refresh.is_some()
    }
}
