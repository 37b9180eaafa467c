//! Browser tests of the Rust API in Chromium. In Firefox too: the shared scenarios, and what a navigation breaks.

use std::path::{Path, PathBuf};
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
        debian::programs(&[debian::CHROMIUM, debian::CHROMEDRIVER, debian::FIREFOX])?;
        cargo_tools::wasm_test_tools()
    })?;
    let server = report.check("fixture server", fixture::build_as_tested)?;
    if filter.is_none() {
        let _ = report.check("examples of the crate's README", examples);
    }
    let _ = report.check("tests in Chromium", || {
        in_browser(&server, Browser::Chromium, filter)
    });
    if filter.is_some() {
        return Ok(());
    }
    // One engine is enough for what only the crate does.
    let _ = report.check("shared scenarios in Firefox", || {
        in_browser(&server, Browser::Firefox, Some("scenarios"))
    });
    report.check("links that leave the page open, in Firefox", || {
        in_browser(&server, Browser::Firefox, Some("leaving"))
    })
}

#[derive(Clone, Copy)]
enum Browser {
    Chromium,
    Firefox,
}

impl Browser {
    /// The flags of wasm-pack for this browser and its driver.
    fn flags(self) -> Result<(&'static str, &'static str, PathBuf)> {
        match self {
            Self::Chromium => {
                let driver =
                    find("chromedriver").context("chromedriver is not on PATH any more")?;
                Ok(("--chrome", "--chromedriver", driver))
            }
            Self::Firefox => Ok(("--firefox", "--geckodriver", cargo_tools::geckodriver()?)),
        }
    }
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
fn in_browser(server: &Path, browser: Browser, filter: Option<&str>) -> Result<()> {
    let server = Fixture::start(
        server,
        &["--demo", "--port", "0", "--fault-port", "0"],
        Some("browser-tests.log"),
    )?;
    if let Some(filter) = filter {
        let listed = output(wasm_pack(&server, browser)?.args(["--", filter, "--list"]))?;
        ensure!(
            names_a_test(&listed),
            "No test of this suite has `{filter}` in its path."
        );
    }
    let mut tests = wasm_pack(&server, browser)?;
    if let Some(filter) = filter {
        tests.args(["--", filter]);
    }
    run(&mut tests)
}

fn wasm_pack(server: &Fixture, browser: Browser) -> Result<Command> {
    let (name, driver_flag, driver) = browser.flags()?;
    let mut tests = command("wasm-pack", paths::root());
    tests.args([
        "test",
        "--headless",
        "--mode",
        "no-install",
        name,
        driver_flag,
    ]);
    tests.arg(driver);
    tests.args([".", "--features", "serde,stream", "--test", "wasm"]);
    tests
        .env("PATH", paths::path_with_tools()?)
        .env("FIXTURE_URL", server.url())
        .env("FAULTS_URL", server.faults());
    // A cross-origin isolated page blocks the request that detects a CORS refusal.
    tests.env("WASM_BINDGEN_TEST_NO_ORIGIN_ISOLATION", "1");
    tests.env(FLAGS.0, FLAGS.1);
    // The default limits, in seconds, are too short for a slow machine and for this many tests.
    tests
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    Ok(tests)
}
