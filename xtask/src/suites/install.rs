//! The packed package in every bundler, runtime and framework.

use std::fs::remove_dir_all;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::node_tests::node_tests;
use crate::fixture::{self, Fixture};
use crate::install::{debian, node_modules};
use crate::report::{CannotContinue, Report};
use crate::{npm, paths};

pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    let tarball = report.check("npm package", || {
        npm::build()?;
        npm::tarball()
    })?;
    let tools = report.check("bundlers, runtimes and frameworks", || {
        debian::programs(&[debian::CHROMIUM])?;
        node_modules::packages(&paths::root().join("tests"))?;
        install(&tarball)
    })?;
    let server = report.check("fixture server", fixture::build_as_tested)?;
    report.check("the package in all of them", || {
        in_all(&server, &tools, filter)
    })
}

/// Installs the tools and the packed package in one folder.
fn install(tarball: &Path) -> Result<PathBuf> {
    let folder = paths::build_files().join("matrix");
    let projects = folder.join("projects");
    if projects.exists() {
        remove_dir_all(projects)?;
    }
    let list = paths::root().join("tests/npm/install/matrix/package.json");
    let what = "installing bundlers, runtimes and frameworks (some 800 MB)";
    node_modules::project(&folder, &list, tarball, what)?;
    Ok(folder)
}

fn in_all(server: &Path, tools: &Path, filter: Option<&str>) -> Result<()> {
    let arguments = ["--demo", "--port", "0"];
    let server = Fixture::start(server, &arguments, Some("matrix.log"))?;
    let variables = [
        ("FIXTURE_URL", server.url()),
        ("MATRIX", &*tools.to_string_lossy()),
    ];
    node_tests("tests/npm/install/matrix", &variables, filter)
}
