//! Every row of the policy table, option, event and error, by the request log of the fixture
//! server.

use std::path::Path;

use anyhow::Result;

use super::package::node_tests;
use super::report::{CannotGoOn, Report};
use crate::install::{debian, npm};
use crate::{fixture, house, package};

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    report.check("npm package", package::build)?;
    report.check("tools of the rows", || {
        debian::programs(&[debian::CHROMIUM])?;
        npm::packages(&house::root().join("tests"))
    })?;
    let server = report.check("fixture server", fixture::build)?;
    report.check("the rows in Node and Chromium", || {
        in_node_and_chromium(&server)
    })
}

/// These tests start the server themselves, one for each file.
fn in_node_and_chromium(server: &Path) -> Result<()> {
    let (server, package) = (server.to_string_lossy(), house::staged_package());
    node_tests(
        "tests/rows",
        &[
            ("FIXTURE_PROGRAM", &server),
            ("PACKAGE", &package.to_string_lossy()),
        ],
    )
}
