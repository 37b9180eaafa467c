//! The benchmarks, as short as they can be: that they run, not what they find.

use anyhow::Result;

use super::report::{CannotGoOn, Report};
use crate::bench;

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    report.check("the benchmarks run", bench::try_out)
}
