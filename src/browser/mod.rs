//! The shell around the rules: `fetch`, the body's reader, timers, the page's life. Exists on
//! wasm32 only and holds no rule of the standard: `driver` does what the
//! [`Lifecycle`](crate::connection::Lifecycle) says.

mod auth;
mod bell;
mod body;
mod builder;
mod driver;
mod error;
#[cfg(feature = "serde")]
mod json;
mod options;
mod page;
mod request;
mod response;
mod single_flight;
mod source;
mod stream;
mod sys;
mod timer;
mod watch;

pub use builder::Builder;
pub use error::Error;
pub use stream::AuthenticatedEventSource;

pub use crate::connection::Cause;
pub use auth::{AttemptContext, Auth, Token, TokenProvider};
