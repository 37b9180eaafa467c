//! The event source for browsers: `fetch`, the body's reader, timers, page events.
//!
//! The public types exist on every target, so that the unit tests of an application compile on its
//! host. On a target other than wasm32, [`Builder::open`] returns an error. Methods that take or return
//! an object of the browser exist on wasm32 only.
//!
//! It contains no rule of the standard. The loop in `web/connection_loop.rs` performs the steps that the
//! [`Lifecycle`](crate::connection::Lifecycle) returns. Everything that the loop holds releases
//! itself on drop.

#![cfg_attr(
    not(target_arch = "wasm32"),
    expect(dead_code, reason = "the loop that reads the options needs a browser")
)]

mod auth;
mod builder;
mod context;
mod error;
mod event_source;
mod fetch;
mod hooks;
mod problems;
mod request_body;
mod request_options;
mod state;

#[cfg(not(target_arch = "wasm32"))]
mod host;
#[cfg(not(target_arch = "wasm32"))]
use host as platform;
#[cfg(target_arch = "wasm32")]
mod web;
#[cfg(target_arch = "wasm32")]
use web as platform;

pub use crate::connection::Cause;
pub use auth::{Auth, IntoToken, Token, TokenProvider};
pub use builder::Builder;
pub use context::{AttemptContext, ResponseHead};
pub use error::{BoxError, Error};
pub use event_source::{AuthenticatedEventSource, Handle};
pub use fetch::{FetchRequest, FetchResponse};
pub use request_body::Body;
pub use request_options::{Cache, Credentials, Mode, Priority};
pub use state::{State, States};
#[cfg(target_arch = "wasm32")]
pub use web::{Exception, ResponseBytes};
