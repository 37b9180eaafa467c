//! The shortest run of the benchmarks, which only proves that they run.

use crate::bench;
use crate::report::{CannotContinue, Report};

/// A filter is the name of one benchmark.
pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    report.check("the benchmarks run", || bench::try_out(filter))
}
