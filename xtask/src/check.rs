//! `cargo xtask check`: formatters, linters, type checks and the quick rules of this repository.
//!
//! The command needs no browser and runs no server. Contributors run it before each commit, and the
//! complete test run starts with it.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::install::{self, node_modules};
use crate::npm;
use crate::paths::{self, CRATE};
use crate::process::{cargo, run};
use crate::report::{CannotContinue, Report};

const WASM: &str = "wasm32-unknown-unknown";
const AARCH64: &str = "aarch64-unknown-linux-gnu";

/// A name for the report, and the check.
type Check = (&'static str, fn() -> Result<()>);

const CHECKS: [Check; 8] = [
    ("format of Rust", format),
    ("format and lints of JavaScript and TypeScript", biome),
    ("types of TypeScript", typescript),
    ("lints for the host", lints),
    ("lints for wasm32", lints_for_wasm),
    ("lints for aarch64", lints_for_aarch64),
    (
        "lints for the module of the npm package",
        lints_for_npm_module,
    ),
    ("rules of the source code", source_rules),
];

/// Runs each check even after another one failed, so that one run shows every failure. A filter is
/// a part of the name of a check.
pub(crate) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    let mut checks: Vec<_> = CHECKS.to_vec();
    checks.retain(|(name, _)| filter.is_none_or(|part| name.contains(part)));
    if checks.is_empty() {
        return report.check("checks", || {
            ensure!(false, "No check has this filter in its name.");
            Ok(())
        });
    }
    for (name, check) in checks {
        let _ = report.check(name, check);
    }
    Ok(())
}

fn format() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))
}

/// Checks every file that `biome.json` includes.
fn biome() -> Result<()> {
    let tests = paths::root().join("tests");
    node_modules::packages(&tests)?;
    run(node_modules::program(&tests, "biome").args(["ci", "--error-on-warnings"]))
}

/// Compiles the sources of the package without writing files.
fn typescript() -> Result<()> {
    let package = npm::template();
    node_modules::packages(&package)?;
    run(node_modules::program(&package, "tsc")
        .args(["--noEmit", "--project"])
        .arg(package))
}

fn lints() -> Result<()> {
    let mut clippy = cargo();
    clippy.args(["clippy", "--workspace", "--all-targets"]);
    clippy.args(["--features", "authenticated-event-source/serde"]);
    run(clippy.args(["--", "-D", "warnings"]))
}

/// Lints the Rust API in the browser, with its tests: with the JSON of the engine, and with serde_json.
fn lints_for_wasm() -> Result<()> {
    // The browser tests compile these addresses in. Clippy runs no test, so no server is needed.
    let fixture = ["FIXTURE_URL", "FAULTS_URL"].map(|name| (name, "http://127.0.0.1:3000"));
    for features in ["serde", "serde,serde_json,stream"] {
        let mut clippy = clippy_for_wasm(features)?;
        clippy.args(["--all-targets", "--", "-D", "warnings"]);
        run(clippy.args(["--cfg", "fixture_server"]).envs(fixture))?;
    }
    Ok(())
}

/// Lints the parser with the vector instructions of another processor.
fn lints_for_aarch64() -> Result<()> {
    install::target(AARCH64)?;
    let mut clippy = cargo();
    clippy.args(["clippy", "--package", CRATE, "--lib", "--target", AARCH64]);
    clippy.args(["--features", "serde_json,stream"]);
    run(clippy.args(["--", "-D", "warnings"]))
}

/// Lints the same code as the build of the npm package compiles, with the same flags.
fn lints_for_npm_module() -> Result<()> {
    let mut clippy = clippy_for_wasm("npm")?;
    clippy.args(["--no-default-features", "--lib"]);
    clippy.args(["--", "-D", "warnings", "--cfg", "npm_module"]);
    run(clippy.args(["-C", "target-feature=+simd128"]))
}

fn clippy_for_wasm(features: &str) -> Result<Command> {
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

/// Runs the tests that read source files: the directions of imports, and generated files.
///
/// Such a test is a target with `import_direction` in its name, or a test of this program with
/// `is_up_to_date` in its name. Other targets stay unbuilt, so that the check is quick.
fn source_rules() -> Result<()> {
    let mut directions = cargo();
    directions.args(["test", "--quiet", "--workspace", "--exclude", "xtask"]);
    run(directions.args(["--test", "*import_direction*"]))?;
    let mut generated = cargo();
    generated.args(["test", "--quiet", "--package", "xtask"]);
    run(generated.args(["--", "is_up_to_date"]))
}
