//! The parser on the host: see tests/README.md.
#![cfg(not(target_arch = "wasm32"))]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test says by a panic that it failed"
)]

#[path = "../oracle/mod.rs"]
mod oracle;
#[path = "../vectors/mod.rs"]
mod vectors;

mod conformance;
mod known_defects;
mod life_cycle;
mod limit;
mod properties;
mod smoke;
mod stream;
