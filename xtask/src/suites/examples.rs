//! The examples for Rust frameworks compile, and the examples for servers run.

use std::path::Path;

use anyhow::Result;

use crate::fixture::{self, Fixture};
use crate::install;
use crate::process::{cargo, run};
use crate::report::{CannotContinue, Report};

/// The example that runs on the host. It is a workspace of its own.
const ON_HOST: &str = "parser";

/// A filter is the name of one example.
pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    if filter.is_none_or(|name| name == ON_HOST) {
        let server = report.check("fixture server", fixture::build_as_tested)?;
        let _ = report.check("examples with reqwest and axum", || on_host(&server));
    }
    if filter == Some(ON_HOST) {
        return Ok(());
    }
    report.check("examples for wasm32", || {
        install::wasm_target()?;
        let mut check = cargo();
        check.args(["check", "--manifest-path", "examples/Cargo.toml"]);
        check.args(["--locked", "--target", "wasm32-unknown-unknown"]);
        if let Some(name) = filter {
            check.args(["--package", name]);
        }
        run(&mut check)
    })
}

fn on_host(server: &Path) -> Result<()> {
    let arguments = ["--demo", "--port", "0", "--fault-port", "0"];
    let server = Fixture::start(server, &arguments, Some("examples.log"))?;
    let mut tests = cargo();
    tests.args(["test", "--locked"]);
    tests.args(["--manifest-path", "examples/parser/Cargo.toml"]);
    run(tests.env("FAULTS_URL", server.faults()))
}
