//! The shell around the rules: `fetch`, the body's reader, timers, the page's life. Exists on
//! wasm32 only and holds no rule of the standard.

mod attempt;
mod auth;
mod body;
mod builder;
mod interrupts;
#[cfg(feature = "serde")]
mod json;
mod observer;
mod options;
mod pace;
mod page;
mod probe;
mod single_flight;
mod source;
mod stream;
mod sys;
mod timer;

pub use builder::Builder;
pub use stream::{AuthenticatedEventSource, Error};

pub use auth::{AttemptContext, Auth, Cause, Token, TokenProvider};
#[cfg(feature = "npm")]
pub(crate) use {
    attempt::Lost,
    observer::{Delivered, Observer},
    options::{Options, RequestTemplate},
    single_flight::SharedProvider,
    source::Source,
};
