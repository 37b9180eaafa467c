//! The callbacks of the caller, as the builder stores them.

use alloc::boxed::Box;
use alloc::string::String;

use futures_core::future::LocalBoxFuture;

use super::context::AttemptContext;
use super::error::{BoxError, Error};
use super::fetch::{FetchRequest, FetchResponse};
use crate::connection::Verdict;
use crate::event_stream::Event;

/// A provider of the parts of a request.
pub(super) type Provider<T> =
    Box<dyn Fn(AttemptContext) -> LocalBoxFuture<'static, Result<T, BoxError>>>;

/// A replacement of the global `fetch`.
pub(super) type Fetch =
    Box<dyn Fn(FetchRequest) -> LocalBoxFuture<'static, Result<FetchResponse, BoxError>>>;

type OnComment = Box<dyn Fn(&str)>;
type ShouldRetry = Box<dyn Fn(Error) -> LocalBoxFuture<'static, Option<Verdict>>>;

/// Marks the last event of a stream.
pub(super) enum Until {
    /// The event with exactly this data, which is not delivered.
    Data(String),
    /// The event for which the predicate returns `true`.
    Event(Box<dyn Fn(&Event) -> bool>),
}

/// The callbacks for what arrives.
#[derive(Default)]
pub(super) struct Hooks {
    pub(super) until: Option<Until>,
    pub(super) comment: Option<OnComment>,
    pub(super) verdict: Option<ShouldRetry>,
}
