//! Options, events and errors of the npm package, proved by the request log of the fixture server.

use super::node_tests::node_tests;
use crate::install::{debian, node_modules};
use crate::report::{CannotContinue, Report};
use crate::{fixture, npm, paths};

/// The tests start a server for each file.
pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    report.check("npm package", npm::build)?;
    report.check("tools of the behavior tests", || {
        debian::programs(&[debian::CHROMIUM])?;
        node_modules::packages(&paths::root().join("tests"))
    })?;
    let server = report.check("fixture server", fixture::build)?;
    report.check("behavior in Node and Chromium", || {
        let (server, package) = (server.to_string_lossy(), paths::staged_package());
        let variables = [
            ("FIXTURE_PROGRAM", &*server),
            ("PACKAGE", &*package.to_string_lossy()),
        ];
        node_tests("tests/npm/behavior", &variables, filter)
    })
}
