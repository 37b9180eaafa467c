//! The npm package, as people get it.

use std::fs::{create_dir_all, remove_dir_all, write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::report::{CannotGoOn, Report};
use crate::fixture::{self, Fixture};
use crate::install::debian::{self, find};
use crate::install::npm;
use crate::process::{command, run};
use crate::{docs, house, package, size, step::step};

pub(super) fn run_suite(report: &mut Report) -> Result<(), CannotGoOn> {
    report.check("npm package", package::build)?;
    let _ = report.check("size of the package", size::report);
    let tarball = report.check("packing", package::pack)?;
    let _ = report.check("publint", || publint(&tarball));
    let _ = report.check("are the types wrong?", || are_the_types_wrong(&tarball));
    let consumer = report.check("installing the packed package", || {
        consumer("consumer", &tarball)
    })?;
    let _ = report.check("types of the package", || types(&consumer));
    let project = report.check("what the documents use", || docs::project(&tarball))?;
    let _ = report.check("API reference", || docs::javascript(&project));
    report.check("Chromium", || debian::programs(&[debian::CHROMIUM]))?;
    let server = report.check("fixture server", fixture::build_as_tested)?;
    let _ = report.check("snippets and links of the documents", || {
        documents(&server, &project)
    });
    report.check("the package in Node and Chromium", || {
        in_node_and_chromium(&server, &consumer)
    })
}

fn documents(server: &Path, project: &Path) -> Result<()> {
    node_tests(
        "tests/docs",
        &[
            ("FIXTURE_PROGRAM", &server.to_string_lossy()),
            ("PROJECT", &project.to_string_lossy()),
        ],
    )
}

/// Builds, packs and checks the package without running it, and returns the tarball.
pub(crate) fn checked() -> Result<PathBuf> {
    package::build()?;
    size::report()?;
    let tarball = step("packing the npm package", package::pack)?;
    step("publint", || publint(&tarball))?;
    step("are the types wrong?", || are_the_types_wrong(&tarball))?;
    step("types of the package", || {
        types(&consumer("consumer", &tarball)?)
    })?;
    Ok(tarball)
}

fn publint(tarball: &Path) -> Result<()> {
    checker("publint", &["--strict"], tarball)
}

/// Once for the entries that can be imported and required, once for `./slim`, which can only be
/// imported: a CommonJS module does not know where it is in a way that bundlers understand.
fn are_the_types_wrong(tarball: &Path) -> Result<()> {
    const PLAIN: [&str; 2] = ["--no-emoji", "--no-color"];
    const SLIM: [&str; 4] = ["--profile", "esm-only", "--entrypoints", "slim"];
    let others = [
        "--exclude-entrypoints",
        "slim",
        "authenticated_event_source.wasm",
    ];
    checker("attw", &[PLAIN.as_slice(), &others].concat(), tarball)?;
    checker("attw", &[PLAIN.as_slice(), &SLIM].concat(), tarball)
}

fn checker(name: &str, arguments: &[&str], tarball: &Path) -> Result<()> {
    run(npm::program(&package::tools(), name)
        .arg(tarball)
        .args(arguments))
}

/// A project that has the packed package installed, and nothing else.
pub(crate) fn consumer(name: &str, tarball: &Path) -> Result<PathBuf> {
    let folder = house::workshop().join(name);
    if folder.exists() {
        remove_dir_all(&folder)?;
    }
    create_dir_all(&folder)?;
    write(
        folder.join("package.json"),
        "{ \"private\": true, \"type\": \"module\" }\n",
    )?;
    npm::tarball(&folder, tarball)?;
    Ok(folder)
}

/// The type tests stand in the consumer's folder while they are checked, so that the compiler
/// finds the package as it would in anybody's project.
fn types(consumer: &Path) -> Result<()> {
    let tests = house::root().join("tests/package/types");
    for entry in tests.read_dir().context("tests/package/types is missing")? {
        let entry = entry?;
        std::fs::copy(entry.path(), consumer.join(entry.file_name()))?;
    }
    run(npm::program(&package::tools(), "tsc")
        .arg("--project")
        .arg(consumer))
}

fn in_node_and_chromium(server: &Path, consumer: &Path) -> Result<()> {
    npm::packages(&house::root().join("tests"))?;
    let arguments = ["--demo", "--port", "0", "--fault-port", "0"];
    let server = Fixture::start(server, &arguments, Some("package-tests.log"))?;
    node_tests(
        "tests/package",
        &[
            ("FIXTURE_URL", server.url()),
            ("CONSUMER", &consumer.to_string_lossy()),
        ],
    )
}

/// Runs Node's own test runner over the tests in a folder.
pub(super) fn node_tests(folder: &str, variables: &[(&str, &str)]) -> Result<()> {
    node_tests_of(&[], &test_files(folder)?, variables)
}

/// The same over these files, with more flags for Node.
pub(super) fn node_tests_of(
    flags: &[&str],
    files: &[PathBuf],
    variables: &[(&str, &str)],
) -> Result<()> {
    let chromium = find("chromium").context("chromium is gone")?;
    let mut tests = command("node", house::root());
    tests
        .args(["--test", "--test-reporter=spec"])
        .args(flags)
        .args(files);
    run(tests
        .env("PATH", house::path_with_tools()?)
        .env("CHROMIUM", chromium)
        .envs(variables.iter().copied()))
}

/// Node learned to take patterns only after the oldest version that we run on.
pub(super) fn test_files(folder: &str) -> Result<Vec<PathBuf>> {
    let folder = house::root().join(folder);
    let entries = folder
        .read_dir()
        .with_context(|| format!("no tests in {}", folder.display()))?;
    let paths: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    let mut tests: Vec<_> = paths
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    tests.sort();
    ensure!(!tests.is_empty(), "no tests in {}", folder.display());
    Ok(tests)
}
