//! The decisions of the connection on the host: see tests/README.md.
#![cfg(not(target_arch = "wasm32"))]

mod liveness;
mod model;
mod response;
mod strategies;
mod waits;
