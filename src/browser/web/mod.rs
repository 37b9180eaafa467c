//! The event source on wasm32: the loop, and what it calls of the browser.

mod body;
mod connect;
mod connection_loop;
mod deadline_timer;
mod exception;
mod fetch;
mod inner;
mod interruptible;
mod messages;
mod options;
mod page_lifecycle;
mod request;
mod response;
mod response_bytes;
mod shared_state;
mod single_flight;
mod sources;
mod sys;
mod task;
mod wake;

pub(super) use connect::connect;
pub use exception::Exception;
pub(super) use inner::Inner;
pub use response_bytes::ResponseBytes;
pub(super) use single_flight::Calls;
pub(super) use sys::jwt_life;
