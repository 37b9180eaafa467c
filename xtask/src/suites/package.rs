//! The packed npm package: size, types, exports and documents, in Node and Chromium.

use std::path::Path;

use anyhow::Result;

use super::node_tests::{NodeTests, node_tests, test_files};
use crate::docs;
use crate::fixture::{self, Fixture};
use crate::install::{debian, node_modules};
use crate::npm::{self, consumer, size};
use crate::paths;
use crate::report::{CannotContinue, Report};

pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    report.check("npm package", npm::build)?;
    let tarball = report.check("packing", npm::tarball)?;
    let consumer = report.check("installing the packed package", || {
        consumer::project("consumer", &tarball)
    })?;
    if filter.is_none() {
        let _ = report.check("size of the package", size::report);
        let _ = report.check("publint", || consumer::publint(&tarball));
        let _ = report.check("are the types wrong?", || {
            consumer::are_the_types_wrong(&tarball)
        });
        let _ = report.check("types of the package", || consumer::types(&consumer));
    }
    let project = report.check("packages that the documents use", || {
        docs::project(&tarball)
    })?;
    if filter.is_none() {
        let _ = report.check("API reference", || docs::javascript(&project));
    }
    report.check("Chromium", || debian::programs(&[debian::CHROMIUM]))?;
    let frameworks = report.check("frameworks", || docs::frameworks(&tarball))?;
    let server = report.check("fixture server", fixture::build_as_tested)?;
    if let Some(filter) = filter {
        return report.check("selected tests of the package", || {
            selected(&server, [&consumer, &project, &frameworks], filter)
        });
    }
    let _ = report.check("snippets and links of the documents", || {
        documents(&server, &project)
    });
    let _ = report.check("the guides for frameworks in Chromium", || {
        node_modules::packages(&paths::root().join("tests"))?;
        let variables = [("FRAMEWORKS", &*frameworks.to_string_lossy())];
        node_tests("tests/npm/frameworks", &variables, None)
    });
    report.check("the package in Node and Chromium", || {
        in_node_and_chromium(&server, &consumer)
    })
}

fn documents(server: &Path, project: &Path) -> Result<()> {
    node_modules::packages(&paths::root().join("tests"))?;
    let variables = [
        ("FIXTURE_PROGRAM", &*server.to_string_lossy()),
        ("PROJECT", &*project.to_string_lossy()),
    ];
    node_tests("tests/npm/docs", &variables, None)
}

fn in_node_and_chromium(server: &Path, consumer: &Path) -> Result<()> {
    node_modules::packages(&paths::root().join("tests"))?;
    let server = start(server)?;
    let variables = [
        ("FIXTURE_URL", server.url()),
        ("CONSUMER", &*consumer.to_string_lossy()),
    ];
    node_tests("tests/npm/install", &variables, None)
}

/// Runs the tests of all folders in one run, so that the filter has to match only one of them.
fn selected(
    server: &Path,
    [consumer, project, frameworks]: [&Path; 3],
    filter: &str,
) -> Result<()> {
    node_modules::packages(&paths::root().join("tests"))?;
    let running = start(server)?;
    let folders = [
        "tests/npm/docs",
        "tests/npm/frameworks",
        "tests/npm/install",
    ];
    let files = folders.map(test_files);
    NodeTests {
        files: files.into_iter().collect::<Result<Vec<_>>>()?.concat(),
        flags: &[],
        variables: &[
            ("FIXTURE_PROGRAM", &*server.to_string_lossy()),
            ("PROJECT", &*project.to_string_lossy()),
            ("FRAMEWORKS", &*frameworks.to_string_lossy()),
            ("FIXTURE_URL", running.url()),
            ("CONSUMER", &*consumer.to_string_lossy()),
        ],
    }
    .run(Some(filter))
}

fn start(server: &Path) -> Result<Fixture> {
    let arguments = ["--demo", "--port", "0", "--fault-port", "0"];
    Fixture::start(server, &arguments, Some("package-tests.log"))
}
