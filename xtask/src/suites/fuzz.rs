//! A short run of the fuzz targets and of Miri; `cargo xtask fuzz` and `cargo xtask miri` are the long ones.

use anyhow::ensure;
use clap::ValueEnum;

use crate::fuzz::{self, Target};
use crate::install::nightly::Nightly;
use crate::miri;
use crate::report::{CannotContinue, Report};

/// The duration of each target.
const SECONDS: u32 = 15;

/// A filter is the name of one target.
pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    let is_chosen = |target: &&Target| filter.is_none_or(|name| target.name().contains(name));
    let targets: Vec<_> = Target::value_variants().iter().filter(is_chosen).collect();
    if targets.is_empty() {
        return report.check("fuzz targets", || {
            ensure!(false, "There is no such target. Use parser or connection.");
            Ok(())
        });
    }
    // Some machines cannot install a nightly toolchain. The suite `host` runs the bodies of the
    // targets on the stable toolchain.
    let nightly = match Nightly::with(&[]) {
        Ok(nightly) => nightly,
        Err(error) => {
            report.leave_out("fuzz targets under libFuzzer", &error);
            return Ok(());
        }
    };
    report.check("programs for fuzzing", fuzz::programs)?;
    for target in targets {
        let name = format!("fuzz target {}", target.name());
        let _ = report.check(&name, || fuzz::fuzz(&nightly, *target, SECONDS));
    }
    if filter.is_none() {
        under_miri(report);
    }
    Ok(())
}

fn under_miri(report: &mut Report) {
    match Nightly::with(&["miri", "rust-src"]) {
        Ok(nightly) => {
            let _ = report.check("adaptor under Miri", || miri::run_short(&nightly));
        }
        Err(error) => report.leave_out("adaptor under Miri", &error),
    }
}
