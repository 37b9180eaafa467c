//! Unit tests of the npm package, without a server.

use super::node_tests::node_tests;
use crate::install::{debian, node_modules};
use crate::npm::{self, consumer};
use crate::paths;
use crate::report::{CannotContinue, Report};

pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    report.check("npm package", npm::build)?;
    let consumer = report.check("installing the packed package", || {
        debian::programs(&[debian::CHROMIUM])?;
        node_modules::packages(&paths::root().join("tests"))?;
        consumer::project("consumer-of-unit-tests", &npm::tarball()?)
    })?;
    report.check("unit tests in Node", || {
        let package = paths::staged_package();
        let variables = [
            ("CONSUMER", &*consumer.to_string_lossy()),
            ("PACKAGE", &*package.to_string_lossy()),
        ];
        node_tests("tests/npm/unit", &variables, filter)
    })
}
