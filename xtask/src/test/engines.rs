//! The packed package in every engine: an authenticated stream in every context, every case of the
//! standard, and random streams, beside the native class.

use anyhow::Result;

use super::report::{CannotGoOn, Report};
use crate::engines::Engines;
use crate::process::run;

/// Streams of the short differential run.
const STREAMS: &str = "500";

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    let engines = report.check("engines and the packed package", Engines::prepare)?;
    let _ = report.check("the standard in three engines", || {
        let mut tests = engines.node()?;
        run(tests.args([
            "--test",
            "--test-reporter=spec",
            "tests/conformance/conformance.test.mjs",
        ]))
    });
    report.check("random streams beside the native class", || {
        let mut differential = engines.node()?;
        run(differential.args([
            "tests/differential/run.mjs",
            "--streams",
            STREAMS,
            "chromium",
        ]))
    })
}
