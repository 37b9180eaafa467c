//! The examples for Rust frameworks compile.

use crate::install;
use crate::process::{cargo, run};
use crate::report::{CannotContinue, Report};

/// A filter is the name of one example.
pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
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
