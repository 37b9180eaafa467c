//! The Rust tests that run inside Chromium.

use std::path::Path;

use anyhow::{Context, Result};

use super::report::{CannotGoOn, Report};
use crate::fixture::{self, Fixture};
use crate::install::{self, cargo_tools, debian};
use crate::process::{cargo, command, run};
use crate::{house, install::debian::find};

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    report.check("tools of the browser tests", || {
        install::wasm_target()?;
        debian::programs(&[debian::CHROMIUM, debian::CHROMEDRIVER])?;
        cargo_tools::wasm_test_tools()
    })?;
    let server = report.check("fixture server", fixture::build_as_tested)?;
    let _ = report.check("examples of the crate's README", examples);
    report.check("tests in Chromium", || in_chromium(&server))
}

/// They compile for wasm32. What "runs" them does nothing: a browser has no program to start.
fn examples() -> Result<()> {
    let mut examples = cargo();
    examples.args(["test", "--doc", "--package", house::CRATE]);
    examples.args(["--features", "serde", "--target", "wasm32-unknown-unknown"]);
    examples.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "true");
    run(examples.env(FLAGS.0, FLAGS.1))
}

/// The same for all that this suite compiles, which then need not be compiled again.
const FLAGS: (&str, &str) = (
    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
    "--cfg fixture_server",
);

/// The page of the tests comes from the test runner, so the server is another origin to it; where
/// it listens is compiled in, since nothing else reaches into the page.
fn in_chromium(server: &Path) -> Result<()> {
    let server = Fixture::start(
        server,
        &["--demo", "--port", "0", "--fault-port", "0"],
        Some("browser-tests.log"),
    )?;
    let driver = find("chromedriver").context("chromedriver is gone")?;
    let mut tests = command("wasm-pack", house::root());
    tests
        .args([
            "test",
            "--headless",
            "--chrome",
            "--mode",
            "no-install",
            "--chromedriver",
        ])
        .arg(driver);
    tests.args([".", "--features", "serde", "--test", "browser"]);
    tests
        .env("PATH", house::path_with_tools()?)
        .env("FIXTURE_URL", server.url())
        .env("FAULTS_URL", server.faults());
    tests.env(FLAGS.0, FLAGS.1);
    // The runner's own limits, in seconds, are for a quick machine and a handful of tests.
    tests
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    run(&mut tests)
}
