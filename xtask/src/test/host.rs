//! Format, lints, documentation, and the tests that need no browser.

use anyhow::Result;

use super::report::{CannotGoOn, Report};
use crate::install::{self, debian};
use crate::process::{cargo, run};

const CLIENT: &str = "authenticated-event-source";
const WASM: &str = "wasm32-unknown-unknown";

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    let _ = report.check("format", || run(cargo().args(["fmt", "--all", "--check"])));
    let _ = report.check("lints", lints);
    let _ = report.check("lints for wasm32", lints_for_wasm);
    let _ = report.check("documentation", documentation);
    report.check("servers that the tests start", || {
        debian::programs(&[debian::REDIS, debian::NGINX])
    })?;
    let _ = report.check("tests of this program", || {
        run(cargo().args(["test", "--package", "xtask"]))
    });
    report.check("tests on the host", tests)
}

/// Without this program: Cargo would build the others with the features of its dependencies too,
/// and test a server that nobody runs.
fn tests() -> Result<()> {
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--exclude", "xtask"]);
    run(tests.args(["--features", "authenticated-event-source/serde"]))
}

fn lints() -> Result<()> {
    let mut clippy = cargo();
    clippy.args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        "authenticated-event-source/serde",
    ]);
    run(clippy.args(["--", "-D", "warnings"]))
}

fn lints_for_wasm() -> Result<()> {
    install::wasm_target()?;
    // The address that the browser tests have compiled in; nobody talks to it here.
    let fixture = [
        ("FIXTURE_URL", "http://127.0.0.1:3000"),
        ("FAULTS_URL", "http://127.0.0.1:3001"),
    ];
    for features in ["", "npm,serde"] {
        let mut clippy = cargo();
        clippy.args([
            "clippy",
            "--package",
            CLIENT,
            "--all-targets",
            "--target",
            WASM,
            "--features",
            features,
        ]);
        let flags = ["--", "-D", "warnings", "--cfg", "fixture_server"];
        run(clippy.args(flags).envs(fixture))?;
    }
    Ok(())
}

/// Twice, since half of the client exists only where a browser is.
fn documentation() -> Result<()> {
    let mut host = cargo();
    run(host
        .args(["doc", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    let mut wasm = cargo();
    wasm.args([
        "doc",
        "--package",
        CLIENT,
        "--no-deps",
        "--target",
        WASM,
        "--features",
        "serde",
    ]);
    run(wasm.env("RUSTDOCFLAGS", "-D warnings"))
}
