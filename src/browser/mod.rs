//! The event source for browsers (wasm32 only): `fetch`, the body's reader, timers, page events.
//!
//! It contains no rule of the standard. Its loop, `connection_loop`, performs the steps that the
//! [`Lifecycle`](crate::connection::Lifecycle) returns. Everything that the loop holds releases
//! itself on drop.

mod auth;
mod body;
mod builder;
mod connection_loop;
mod context;
mod deadline_timer;
mod error;
mod event_source;
mod interruptible;
#[cfg(all(feature = "serde", not(feature = "serde_json")))]
mod json;
mod options;
mod page_lifecycle;
mod request;
mod request_body;
mod request_options;
mod response;
mod response_bytes;
mod shared_state;
mod single_flight;
mod state;
mod sys;
mod task;
mod wake;

pub use builder::Builder;
pub use context::{AttemptContext, ResponseHead};
pub use error::{BoxError, Error, Exception};
pub use event_source::{AuthenticatedEventSource, Handle};
pub use state::{State, States};

pub use crate::connection::Cause;
pub use auth::{Auth, IntoToken, Token, TokenProvider};
pub use request_body::Body;
pub use request_options::{Cache, Credentials, Mode, Priority};
pub use response_bytes::ResponseBytes;
