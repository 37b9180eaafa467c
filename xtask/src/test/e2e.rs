//! The demo page, built and loaded in Chromium; served by one server, and by three behind nginx.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::package::{node_tests_of, test_files};
use super::report::{CannotGoOn, Report};
use crate::fixture;
use crate::install::{debian, npm};
use crate::{demo, house};

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    let page = report.check("demo page", demo::build_page)?;
    report.check("tools of the end-to-end tests", || {
        debian::programs(&[debian::CHROMIUM, debian::NGINX, debian::REDIS])?;
        npm::packages(&house::root().join("tests"))
    })?;
    let server = report.check("fixture server", fixture::build_as_tested)?;
    let _ = report.check("the demo page in Chromium", || {
        in_chromium(&test_files("tests/e2e")?, &server, &page, "0")
    });
    report.check("the demo page behind nginx over three servers", || {
        let tests = BEHIND_NGINX.map(|name| house::root().join("tests/e2e").join(name));
        in_chromium(&tests, &server, &page, "1")
    })
}

/// The tests in which it matters who answers: the rest of the page asks the same endpoints.
const BEHIND_NGINX: [&str; 4] = [
    "dashboard.test.mjs",
    "faults.test.mjs",
    "logs.test.mjs",
    "race.test.mjs",
];

/// These tests start the servers themselves, since they kill and restart them.
fn in_chromium(tests: &[PathBuf], server: &Path, page: &Path, behind_nginx: &str) -> Result<()> {
    let (server, page) = (server.to_string_lossy(), page.to_string_lossy());
    // They spend most of their time waiting, so several files run at once.
    node_tests_of(
        &["--test-concurrency=3"],
        tests,
        &[
            ("FIXTURE_PROGRAM", &server),
            ("PAGE", &page),
            ("BEHIND_NGINX", behind_nginx),
        ],
    )
}
