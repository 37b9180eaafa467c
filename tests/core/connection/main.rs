//! The decisions of the connection on the host: see tests/README.md.
#![cfg(not(target_arch = "wasm32"))]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test says by a panic that it failed"
)]

mod bytes;
mod clock;
mod fuzz;
mod life;
mod lifecycle;
mod liveness;
mod model;
mod outcomes;
mod probe;
mod redirect_policy;
mod refresh;
mod renewal;
mod response_check;
mod strategies;
mod waits;
