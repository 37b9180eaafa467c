//! The HTTP side: the router, the middleware and the handlers.

mod access_log;
mod cors;
mod error;
mod handlers;
pub(crate) mod request_context;
pub(crate) mod router;
pub(crate) mod security_headers;
mod static_files;
