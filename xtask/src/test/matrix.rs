//! The packed package in every bundler, runtime and framework.

use std::fs::remove_dir_all;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::package::node_tests;
use super::report::{CannotGoOn, Report};
use crate::fixture::{self, Fixture};
use crate::install::{debian, npm};
use crate::{house, package};

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    let tarball = report.check("npm package", || {
        package::build()?;
        package::pack()
    })?;
    let tools = report.check("bundlers, runtimes and frameworks", || {
        debian::programs(&[debian::CHROMIUM])?;
        npm::packages(&house::root().join("tests"))?;
        install(&tarball)
    })?;
    let server = report.check("fixture server", fixture::build_as_tested)?;
    report.check("the package in all of them", || in_all(&server, &tools))
}

/// The tools and the packed package, side by side in one folder.
fn install(tarball: &Path) -> Result<PathBuf> {
    let folder = house::workshop().join("matrix");
    let projects = folder.join("projects");
    if projects.exists() {
        remove_dir_all(projects)?;
    }
    let list = house::root().join("tests/matrix/package.json");
    let what = "installing bundlers, runtimes and frameworks (some 800 MB)";
    npm::project(&folder, &list, tarball, what)?;
    Ok(folder)
}

fn in_all(server: &Path, tools: &Path) -> Result<()> {
    let arguments = ["--demo", "--port", "0"];
    let server = Fixture::start(server, &arguments, Some("matrix.log"))?;
    node_tests(
        "tests/matrix",
        &[
            ("FIXTURE_URL", server.url()),
            ("MATRIX", &tools.to_string_lossy()),
        ],
    )
}
