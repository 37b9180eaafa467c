//! A short run of the chaos; the long one is `cargo xtask chaos`.

use anyhow::Result;

use super::report::{CannotGoOn, Report};
use crate::process::{command, run};
use crate::{fixture, house, package, trials};

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    report.check("npm package", package::build)?;
    report.check("tools of the chaos", trials::programs)?;
    let server = report.check("fixture server", fixture::build_as_tested)?;
    let swarm = report.check("native clients", fixture::build_swarm)?;
    // Not by `node --test`, which runs each file in a process of its own that does not end here.
    report.check("nothing lost while everything is killed", || {
        let mut tests = command("node", house::root());
        tests
            .args(["--test-reporter=spec", "tests/chaos/chaos.test.mjs"])
            .env("FIXTURE_PROGRAM", &server)
            .env("SWARM_PROGRAM", &swarm);
        run(trials::with_tools(&mut tests)?)
    })
}
