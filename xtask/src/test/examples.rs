//! The examples for Rust frameworks compile.

use anyhow::Result;

use super::report::{CannotGoOn, Report};
use crate::install;
use crate::process::{cargo, run};

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    report.check("examples for wasm32", || {
        install::wasm_target()?;
        let mut check = cargo();
        check.args(["check", "--manifest-path", "examples/Cargo.toml"]);
        run(check.args(["--locked", "--target", "wasm32-unknown-unknown"]))
    })
}
