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
    let _ = report.check("the plan and the judge", || {
        let mut tests = command("node", house::root());
        tests.args([
            "--test",
            "--test-reporter=spec",
            "tests/chaos/chaos.test.mjs",
        ]);
        run(&mut tests)
    });
    report.check("nothing lost while everything is killed", || {
        let mut short = command("node", house::root());
        short
            .args(["tests/chaos/run.mjs", "short"])
            .env("FIXTURE_PROGRAM", &server)
            .env("SWARM_PROGRAM", &swarm);
        run(trials::with_tools(&mut short)?)
    })
}
