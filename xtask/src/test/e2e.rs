//! The demo page, built and loaded in Chromium.

use std::path::Path;

use anyhow::Result;

use super::package::node_tests_with;
use super::report::{CannotGoOn, Report};
use crate::fixture;
use crate::install::{debian, npm};
use crate::{demo, house};

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    let page = report.check("demo page", demo::build_page)?;
    report.check("tools of the end-to-end tests", || {
        debian::programs(&[debian::CHROMIUM])?;
        npm::packages(&house::root().join("tests"))
    })?;
    let server = report.check("fixture server", fixture::build_as_tested)?;
    report.check("the demo page in Chromium", || in_chromium(&server, &page))
}

/// These tests start the server themselves, since they kill and restart it.
fn in_chromium(server: &Path, page: &Path) -> Result<()> {
    let (server, page) = (server.to_string_lossy(), page.to_string_lossy());
    // They spend most of their time waiting, so several files run at once.
    node_tests_with(
        &["--test-concurrency=3"],
        "tests/e2e",
        &[("FIXTURE_PROGRAM", &server), ("PAGE", &page)],
    )
}
