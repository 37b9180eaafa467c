//! Documentation of the Rust API, and the Rust tests that need no browser.

use super::cargo_tests::{run_filtered, run_tests};
use crate::docs;
use crate::fixture::AS_TESTED;
use crate::install::debian;
use crate::report::{CannotContinue, Report};

/// The tests of this program.
const XTASK: [&str; 2] = ["--package", "xtask"];

pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    if filter.is_none() {
        let _ = report.check("documentation", docs::rust);
    }
    report.check("programs that the tests start", || {
        use debian::{CADDY, CHROMEDRIVER, CHROMIUM, FAKETIME, HAPROXY, NGINX, REDIS};
        debian::programs(&[
            REDIS,
            NGINX,
            HAPROXY,
            CADDY,
            FAKETIME,
            CHROMIUM,
            CHROMEDRIVER,
        ])
    })?;
    if let Some(filter) = filter {
        return report.check("selected tests on the host", || {
            run_filtered(&[&AS_TESTED, &XTASK], filter)
        });
    }
    let _ = report.check("tests of this program", || run_tests(&XTASK, &[]));
    report.check("tests on the host", || run_tests(&AS_TESTED, &[]))
}
