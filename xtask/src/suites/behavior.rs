//! Options, events and errors of the npm package, proved by the request log of the fixture server.

use anyhow::Context;

use super::node_tests::node_tests;
use crate::install::debian::{self, CHROMEDRIVER, CHROMIUM, FIREFOX, OPENSSL};
use crate::install::{cargo_tools, node_modules};
use crate::report::{CannotContinue, Report};
use crate::{fixture, npm, paths};

/// The tests start a server for each file.
pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    report.check("npm package", npm::build)?;
    report.check("tools of the behavior tests", || {
        debian::programs(&[CHROMIUM, CHROMEDRIVER, FIREFOX, OPENSSL])?;
        node_modules::packages(&paths::root().join("tests"))
    })?;
    let geckodriver = report.check("driver of Firefox", cargo_tools::geckodriver)?;
    let server = report.check("fixture server", fixture::build)?;
    report.check("behavior in Node, Chromium and Firefox", || {
        let (server, package) = (server.to_string_lossy(), paths::staged_package());
        let firefox = debian::find("firefox-esr").context("Firefox is not on PATH any more")?;
        let variables = [
            ("FIXTURE_PROGRAM", &*server),
            ("PACKAGE", &*package.to_string_lossy()),
            ("FIREFOX", &*firefox.to_string_lossy()),
            ("GECKODRIVER", &*geckodriver.to_string_lossy()),
        ];
        node_tests("tests/npm/behavior", &variables, filter)
    })
}
