//! The shell around the rules: `fetch`, the body's reader, timers, the page's life. Exists on
//! wasm32 only and holds no rule of the standard: `driver` does what the
//! [`Lifecycle`](crate::connection::Lifecycle) says.

mod auth;
mod body;
mod builder;
mod deadline_timer;
mod driver;
mod error;
mod event_source;
mod interruptible;
#[cfg(feature = "serde")]
mod json;
mod options;
mod page_lifecycle;
mod request;
mod response;
mod shared_state;
mod single_flight;
mod sys;
mod wake;

pub use builder::Builder;
pub use error::Error;
pub use event_source::AuthenticatedEventSource;

pub use crate::connection::Cause;
pub use auth::{AttemptContext, Auth, Token, TokenProvider};
