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
        in_chromium(&test_files("tests/e2e")?, "3", &server, &page, &[])
    });
    report.check("the demo page behind nginx over three servers", || {
        let tests = BEHIND_NGINX.map(|name| house::root().join("tests/e2e").join(name));
        in_chromium(&tests, "2", &server, &page, &[("BEHIND_NGINX", "1")])
    })
}

/// The tests in which it matters who answers: the rest of the page asks the same endpoints.
const BEHIND_NGINX: [&str; 4] = [
    "dashboard.test.mjs",
    "faults.test.mjs",
    "logs.test.mjs",
    "race.test.mjs",
];

/// These tests start the servers themselves, since they kill and restart them. They spend most of
/// their time waiting, so `at_once` files run at once.
fn in_chromium(
    tests: &[PathBuf],
    at_once: &str,
    server: &Path,
    page: &Path,
    more: &[(&str, &str)],
) -> Result<()> {
    let (server, page) = (server.to_string_lossy(), page.to_string_lossy());
    let variables = [("FIXTURE_PROGRAM", &*server), ("PAGE", &*page)];
    let concurrency = format!("--test-concurrency={at_once}");
    node_tests_of(&[&concurrency], tests, &[&variables, more].concat())
}
