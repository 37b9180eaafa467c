//! The packed package where the platform is a substitute: test environments, mocks, instrumented `fetch`, edge runtimes.

use super::node_tests::node_tests;
use crate::install::{debian, node_modules};
use crate::report::{CannotContinue, Report};
use crate::{fixture, npm, paths};

/// Holds the tests and the lock file of the substitutes. The tests load all of them from here.
const FOLDER: &str = "tests/npm/environments";

pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    let tarball = report.check("npm package", || {
        npm::build()?;
        npm::tarball()
    })?;
    report.check("substitutes of platforms", || {
        debian::programs(&[debian::CHROMIUM])?;
        let folder = paths::root().join(FOLDER);
        node_modules::packages(&folder)?;
        node_modules::unpack(&folder, &tarball)
    })?;
    let server = report.check("fixture server", fixture::build)?;
    report.check("the package in environments of substitutes", || {
        let variables = [("FIXTURE_PROGRAM", &*server.to_string_lossy())];
        node_tests(FOLDER, &variables, filter)
    })
}
