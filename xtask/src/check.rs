//! `cargo xtask check`: formatters, linters, type checks and the quick rules of this repository.
//!
//! The command needs no browser and runs no server. Contributors run it before each commit, and the
//! complete test run starts with it.

use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::house::{self, CRATE};
use crate::install::{self, npm};
use crate::process::{self, cargo, run};
use crate::test::report::{CannotGoOn, Report};

const WASM: &str = "wasm32-unknown-unknown";

/// Runs all checks and prints the table of their results.
pub(crate) fn run_check() -> Result<ExitCode> {
    house::alone("test", || {
        let mut report = Report::default();
        let _ = checks(&mut report);
        ensure!(!process::is_interrupted(), "interrupted");
        Ok(report.finish())
    })
}

/// Runs each check even after another one failed, so that one run shows every failure.
pub(crate) fn checks(report: &mut Report) -> Result<(), CannotGoOn> {
    let _ = report.check("format of Rust", || {
        run(cargo().args(["fmt", "--all", "--check"]))
    });
    let _ = report.check("format and lints of JavaScript and TypeScript", biome);
    let _ = report.check("types of TypeScript", typescript);
    let _ = report.check("lints for the host", lints);
    let _ = report.check("lints for wasm32", lints_for_wasm);
    let _ = report.check(
        "lints for the module of the npm package",
        lints_for_npm_module,
    );
    report.check("rules of the source code", source_rules)
}

/// Checks every file that `biome.json` includes.
fn biome() -> Result<()> {
    let tests = house::root().join("tests");
    npm::packages(&tests)?;
    run(npm::program(&tests, "biome").args(["ci", "--error-on-warnings"]))
}

/// Compiles the sources of the package without writing files.
fn typescript() -> Result<()> {
    let package = house::root().join("pkg-template");
    if !package.join("tsconfig.json").exists() {
        return Ok(());
    }
    npm::packages(&package)?;
    run(npm::program(&package, "tsc")
        .args(["--noEmit", "--project"])
        .arg(package))
}

fn lints() -> Result<()> {
    let mut clippy = cargo();
    clippy.args(["clippy", "--workspace", "--all-targets"]);
    clippy.args(["--features", "authenticated-event-source/serde"]);
    run(clippy.args(["--", "-D", "warnings"]))
}

/// Lints the Rust API in the browser, with its tests.
fn lints_for_wasm() -> Result<()> {
    // The browser tests compile these addresses in. Clippy runs no test, so no server is needed.
    let fixture = ["FIXTURE_URL", "FAULTS_URL"].map(|name| (name, "http://127.0.0.1:3000"));
    let mut clippy = clippy_for_wasm("serde")?;
    clippy.args(["--all-targets", "--", "-D", "warnings"]);
    run(clippy.args(["--cfg", "fixture_server"]).envs(fixture))
}

/// Lints the same code as the build of the npm package compiles, with the same flags.
fn lints_for_npm_module() -> Result<()> {
    let mut clippy = clippy_for_wasm("npm")?;
    clippy.args(["--lib", "--", "-D", "warnings", "--cfg", "npm_module"]);
    run(clippy.args(["-C", "target-feature=+simd128"]))
}

fn clippy_for_wasm(features: &str) -> Result<std::process::Command> {
    install::wasm_target()?;
    let mut clippy = cargo();
    clippy.args([
        "clippy",
        "--package",
        CRATE,
        "--target",
        WASM,
        "--features",
        features,
    ]);
    Ok(clippy)
}

/// Runs the tests that read source files: directions of imports and generated files.
///
/// Such a test has `import_direction` or `is_up_to_date` in its name, and lies in `src` of its
/// crate, so that this command links no integration test.
fn source_rules() -> Result<()> {
    let mut tests = cargo();
    tests.args(["test", "--quiet", "--workspace", "--lib", "--bins"]);
    run(tests.args(["--", "import_direction", "is_up_to_date"]))
}
