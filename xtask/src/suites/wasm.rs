//! Browser tests of the Rust API in Chromium.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::cargo_tests::names_a_test;
use crate::fixture::{self, Fixture};
use crate::install::debian::{self, find};
use crate::install::{self, cargo_tools};
use crate::paths;
use crate::process::{cargo, command, output, run};
use crate::report::{CannotContinue, Report};

pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    report.check("tools of the browser tests", || {
        install::wasm_target()?;
        debian::programs(&[debian::CHROMIUM, debian::CHROMEDRIVER])?;
        cargo_tools::wasm_test_tools()
    })?;
    let server = report.check("fixture server", fixture::build_as_tested)?;
    if filter.is_none() {
        let _ = report.check("examples of the crate's README", examples);
    }
    report.check("tests in Chromium", || in_chromium(&server, filter))
}

/// Compiles the examples for wasm32. The runner does nothing, because a browser starts no programs.
fn examples() -> Result<()> {
    let mut examples = cargo();
    examples.args(["test", "--doc", "--package", paths::CRATE]);
    examples.args(["--features", "serde,stream"]);
    examples.args(["--target", "wasm32-unknown-unknown"]);
    examples.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "true");
    run(examples.env(FLAGS.0, FLAGS.1))
}

/// The same flags for all compilations of this suite, so that each file compiles once.
const FLAGS: (&str, &str) = (
    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
    "--cfg fixture_server",
);

/// The test runner serves the page, so the fixture server has another origin. Its address is
/// compiled into the tests, because the page takes no arguments.
fn in_chromium(server: &Path, filter: Option<&str>) -> Result<()> {
    let server = Fixture::start(
        server,
        &["--demo", "--port", "0", "--fault-port", "0"],
        Some("browser-tests.log"),
    )?;
    if let Some(filter) = filter {
        let listed = output(wasm_pack(&server)?.args(["--", filter, "--list"]))?;
        ensure!(
            names_a_test(&listed),
            "No test of this suite has `{filter}` in its path."
        );
    }
    let mut tests = wasm_pack(&server)?;
    if let Some(filter) = filter {
        tests.args(["--", filter]);
    }
    run(&mut tests)
}

fn wasm_pack(server: &Fixture) -> Result<Command> {
    let driver = find("chromedriver").context("chromedriver is not on PATH any more")?;
    let mut tests = command("wasm-pack", paths::root());
    tests.args(["test", "--headless", "--chrome", "--mode", "no-install"]);
    tests.arg("--chromedriver").arg(driver);
    tests.args([".", "--features", "serde,stream", "--test", "wasm"]);
    tests
        .env("PATH", paths::path_with_tools()?)
        .env("FIXTURE_URL", server.url())
        .env("FAULTS_URL", server.faults());
    tests.env(FLAGS.0, FLAGS.1);
    // The default limits, in seconds, are too short for a slow machine and for this many tests.
    tests
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    Ok(tests)
}
