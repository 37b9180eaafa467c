//! The server side of Server-Sent Events: a reference server, and a server that misbehaves on
//! command.
//!
//! [`run`] is the reference: resumable streams, authentication, limits, metrics and a graceful
//! shutdown. It is not a framework and contains no application. Clients are tested against a
//! server that does everything right, and (on the fault port) everything wrong.
//!
//! # Layout, from top to bottom
//! - `app`: the life of a server from start to shutdown, its sockets and its background tasks
//! - `http`: the router, the middleware and one handler per area
//! - `feeds`: the sources of events: system metrics, log lines and simulated tasks
//! - `demo`: faults and log bursts that a page of the demo can request
//! - `sse`: the headers and the body of one event stream response
//! - `state`: the data that all endpoints of one server share
//! - [`event_log`]: where events are stored and get their ids, and where a stream resumes
//! - `auth`, `limits`: who may connect, and how many
//! - `cluster`: the state that all nodes share besides the events
//! - `redis`, `metrics`, [`config`], [`encode`], `stderr_log`, `util`: the bottom
//! - [`fault_server`]: the scripted server on the fault port; it shares only `util` with the rest
//!
//! `tests/import_direction.rs` checks that imports point downwards.

mod app;
mod auth;
mod cluster;
pub mod config;
mod demo;
pub mod encode;
pub mod event_log;
pub mod fault_server;
mod feeds;
mod http;
mod limits;
mod metrics;
mod redis;
mod sse;
mod state;
mod stderr_log;
mod util;

pub use app::server::{Server, ServerError, run, stop_signal};
pub use config::Config;
pub use stderr_log::StderrLog;
