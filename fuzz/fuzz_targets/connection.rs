//! Any policy and any sequence of outcomes: the connection does what the model of the tests allows.
#![no_main]
#![expect(dead_code, reason = "the tests use more of these modules")]

#[path = "../../tests/core/connection/bytes.rs"]
mod bytes;
#[path = "../../tests/core/connection/model.rs"]
mod model;
#[path = "../../tests/core/connection/strategies.rs"]
mod strategies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| model::Life::from_bytes(bytes).check());
