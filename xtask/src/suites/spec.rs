//! The packed package in every engine, beside the native class: an authenticated stream in every
//! context, every case of the standard, and random streams.

use super::node_tests::test_files;
use crate::engines::Engines;
use crate::process::run;
use crate::report::{CannotContinue, Report};

/// Streams of the short differential run.
const STREAMS: &str = "500";

pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    let engines = report.check("engines and the packed package", Engines::prepare)?;
    let conformance = |filter: &str| {
        let mut tests = engines.node()?;
        tests
            .args(["--test", "--test-reporter=spec"])
            .args(test_files("tests/npm/spec")?);
        // The cases run inside the browser, so the page selects them.
        run(tests.env("ONLY", filter))
    };
    if let Some(filter) = filter {
        return report.check("selected cases in three engines", || conformance(filter));
    }
    let _ = report.check("the standard in three engines", || conformance(""));
    report.check("random streams beside the native class", || {
        let mut differential = engines.node()?;
        differential.arg("tests/npm/differential/run.mjs");
        run(differential.args(["--streams", STREAMS, "chromium"]))
    })
}
