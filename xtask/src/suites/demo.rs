//! The demo page in Chromium, served by one server and by three servers behind nginx.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::node_tests::{NodeTests, test_files};
use crate::install::{debian, node_modules};
use crate::report::{CannotContinue, Report};
use crate::{demo, fixture, paths};

const TESTS: &str = "tests/demo";

/// The tests in which it matters which node answers.
const BEHIND_NGINX: [&str; 4] = [
    "dashboard.test.mjs",
    "faults.test.mjs",
    "logs.test.mjs",
    "race.test.mjs",
];

pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    let page = report.check("demo page", demo::build_page)?;
    report.check("tools of the demo tests", || {
        debian::programs(&[debian::CHROMIUM, debian::NGINX, debian::REDIS])?;
        node_modules::packages(&paths::root().join("tests"))
    })?;
    let server = report.check("fixture server", fixture::build_as_tested)?;
    let one_server = report.check("the demo page in Chromium", || {
        in_chromium(test_files(TESTS)?, "3", (&server, &page), &[], filter)
    });
    if filter.is_some() {
        return one_server;
    }
    report.check("the demo page behind nginx over three servers", || {
        let tests = BEHIND_NGINX.map(|name| paths::root().join(TESTS).join(name));
        let more = [("BEHIND_NGINX", "1")];
        in_chromium(tests.to_vec(), "2", (&server, &page), &more, None)
    })
}

/// Runs `at_once` files at a time, because they spend most of their time waiting. The tests start
/// the servers, because they kill and restart them.
fn in_chromium(
    files: Vec<PathBuf>,
    at_once: &str,
    (server, page): (&Path, &Path),
    more: &[(&str, &str)],
    filter: Option<&str>,
) -> Result<()> {
    let (server, page) = (server.to_string_lossy(), page.to_string_lossy());
    let variables = [("FIXTURE_PROGRAM", &*server), ("PAGE", &*page)];
    let concurrency = format!("--test-concurrency={at_once}");
    NodeTests {
        files,
        flags: &[&concurrency],
        variables: &[&variables, more].concat(),
    }
    .run(filter)
}
