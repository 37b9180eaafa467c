//! The client in a browser.
//!
//! `wasm-pack test --headless --chrome` runs these. Those that need the fixture server run when
//! its address is compiled in, which `cargo xtask test wasm` does: nothing else reaches into
//! the page that the test runner serves.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::expect_used, reason = "a test says by a panic that it failed")]
#![cfg_attr(
    fixture_server,
    expect(clippy::panic, reason = "a test says by a panic that it failed")
)]

use wasm_bindgen_test::wasm_bindgen_test_configure;

wasm_bindgen_test_configure!(run_in_browser);

mod without_a_server;

#[cfg(fixture_server)]
mod against_the_fixture;

#[cfg(fixture_server)]
mod leaving;

#[cfg(fixture_server)]
mod options;

#[cfg(fixture_server)]
mod page_and_clock;

#[cfg(fixture_server)]
mod parity;

#[cfg(fixture_server)]
mod refresh;

#[cfg(fixture_server)]
mod scenarios;

#[cfg(not(fixture_server))]
#[wasm_bindgen_test::wasm_bindgen_test]
#[ignore = "needs the fixture server: run `cargo xtask test wasm`"]
fn against_the_fixture() {}
