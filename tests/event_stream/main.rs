//! The parser on the host: see tests/README.md.
#![cfg(not(target_arch = "wasm32"))]

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
