//! Format, lints, documentation, and the tests that need no browser.

use anyhow::Result;

use super::report::{CannotGoOn, Report};
use crate::docs;
use crate::fixture::AS_TESTED;
use crate::house::{self, CRATE};
use crate::install::{self, debian};
use crate::process::{cargo, run};

const WASM: &str = "wasm32-unknown-unknown";

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    let _ = report.check("format", || run(cargo().args(["fmt", "--all", "--check"])));
    let _ = report.check("lints", lints);
    let _ = report.check("lints for wasm32", lints_for_wasm);
    let _ = report.check("documentation", docs::rust);
    report.check("programs that the tests start", || {
        use debian::{CADDY, CHROMEDRIVER, CHROMIUM, HAPROXY, NGINX, REDIS};
        debian::programs(&[REDIS, NGINX, HAPROXY, CADDY, CHROMIUM, CHROMEDRIVER])
    })?;
    let _ = report.check("tests of this program", || {
        run(cargo().args(["test", "--package", "xtask"]))
    });
    report.check("tests on the host", || {
        let mut tests = cargo();
        run(tests
            .arg("test")
            .args(AS_TESTED)
            .env("PATH", house::path_with_tools()?))
    })
}

fn lints() -> Result<()> {
    let mut clippy = cargo();
    clippy.args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        "authenticated-event-source/serde",
    ]);
    run(clippy.args(["--", "-D", "warnings"]))
}

fn lints_for_wasm() -> Result<()> {
    install::wasm_target()?;
    // The addresses that the browser tests have compiled in; nobody talks to them here.
    let fixture = ["FIXTURE_URL", "FAULTS_URL"].map(|name| (name, "http://127.0.0.1:3000"));
    for features in ["serde", "npm,serde"] {
        let mut clippy = cargo();
        clippy.args([
            "clippy",
            "--package",
            CRATE,
            "--all-targets",
            "--target",
            WASM,
            "--features",
            features,
        ]);
        let flags = ["--", "-D", "warnings", "--cfg", "fixture_server"];
        run(clippy.args(flags).envs(fixture))?;
    }
    Ok(())
}
