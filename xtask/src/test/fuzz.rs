//! A short run of the fuzz targets; the long one is `cargo xtask fuzz`.

use clap::ValueEnum;

use super::report::{CannotGoOn, Report};
use crate::fuzz::{self, Target};
use crate::install::nightly::Nightly;

/// For each target.
const SECONDS: u32 = 15;

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    // A machine may have no way to get one. The bodies of the targets have run on the stable
    // toolchain then, among the tests on the host.
    let nightly = match Nightly::with(&[]) {
        Ok(nightly) => nightly,
        Err(error) => {
            report.leave_out("fuzz targets under libFuzzer", &error);
            return Ok(());
        }
    };
    report.check("programs for fuzzing", fuzz::programs)?;
    for target in Target::value_variants() {
        let name = format!("fuzz target {}", target.name());
        let _ = report.check(&name, || fuzz::fuzz(&nightly, *target, SECONDS));
    }
    Ok(())
}
