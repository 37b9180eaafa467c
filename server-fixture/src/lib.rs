//! The server side of Server-Sent Events: a reference server, and every misbehaviour on command.
//!
//! [`run`] is the reference: resumable streams, authentication, limits, metrics and a shutdown
//! that ends. It is no framework and holds no application: it exists so that clients can be
//! tested against a server that does everything right, and (on its fault port) everything wrong.
//!
//! # Layout, in reading order
//! - [`mod@frame`], [`cursor`], [`resume`]: pure; event → bytes, ids, where a stream starts
//! - [`log`]: where events are kept and ids are minted
//! - `ring`, `hub`, `filter`, `stream`, `notices`: the encoded frames, and a subscriber's walk
//!   along them
//! - `access`, `auth`, `hs256`, `admit`, `security`, `figures`, `pulse`: who, how many, headers, metrics, live figures
//! - `link`: a connection to Redis
//! - `cluster`, `membership`, `stores`: what several nodes agree on, and where each thing is kept
//! - `tasks`, `tail`: progress and log lines
//! - `mischief`, `burst`, `orders`: demo mode; faults of the real stream, many lines, and how all
//!   nodes hear of them
//! - `routes`: the endpoints
//! - `listen`, `deadline`, `server`: sockets, and the life of a server from start to drain
//! - [`config`]: every setting
//! - [`fault`]: the scripted responder, which shares nothing with the above

mod access;
mod admit;
mod auth;
mod burst;
mod cluster;
pub mod config;
pub mod cursor;
mod deadline;
pub mod fault;
mod figures;
mod filter;
pub mod frame;
mod hs256;
mod hub;
mod link;
mod listen;
pub mod log;
mod membership;
mod mischief;
mod node;
mod notices;
mod orders;
mod pulse;
mod refusal;
pub mod resume;
mod ring;
mod routes;
mod security;
mod server;
mod stay;
mod stores;
mod stream;
mod tail;
mod tasks;
mod text;

pub use config::Config;
pub use node::ServerError;
pub use server::{Server, run, stop_signal};
