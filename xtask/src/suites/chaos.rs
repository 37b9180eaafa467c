//! A short run of chaos; `cargo xtask chaos` is the long one.

use anyhow::Result;

use super::node_tests::node_tests;
use crate::process::{command, run};
use crate::report::{CannotContinue, Report};
use crate::{fixture, long_runs, npm, paths};

/// A filter selects among the tests of the plan and the verdict: the run itself is one whole.
pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    report.check("tools of the chaos tests", long_runs::programs)?;
    let rules = report.check("plan and verdict", || {
        node_tests("tests/chaos", &[], filter)
    });
    if filter.is_some() {
        return rules;
    }
    report.check("npm package", npm::build)?;
    let server = report.check("fixture server", fixture::build_as_tested)?;
    let swarm = report.check("native clients", fixture::build_swarm)?;
    report.check(
        "no event is lost while everything fails",
        || -> Result<()> {
            let mut short = command("node", paths::root());
            short
                .args(["tests/chaos/run.mjs", "short"])
                .env("FIXTURE_PROGRAM", &server)
                .env("SWARM_PROGRAM", &swarm);
            run(long_runs::with_tools(&mut short)?)
        },
    )
}
