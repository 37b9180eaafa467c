//! The packed package as a consumer gets it: installed in a project, and checked from there.

use std::fs::{copy, create_dir_all, remove_dir_all, write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{build, pack, size, template};
use crate::install::node_modules;
use crate::process::run;
use crate::{paths, progress::step};

/// Type tests of the package, which compile in a consumer's project.
const TYPE_TESTS: &str = "tests/npm/install/types";

/// Creates a project with the packed package as its only dependency.
pub(crate) fn project(name: &str, tarball: &Path) -> Result<PathBuf> {
    let folder = paths::build_files().join(name);
    if folder.exists() {
        remove_dir_all(&folder)?;
    }
    create_dir_all(&folder)?;
    write(
        folder.join("package.json"),
        "{ \"private\": true, \"type\": \"module\" }\n",
    )?;
    node_modules::tarball(&folder, tarball)?;
    Ok(folder)
}

/// Builds, packs and checks the package without running it, and returns the tarball.
pub(crate) fn checked_tarball() -> Result<PathBuf> {
    build()?;
    size::report()?;
    let tarball = step("packing the npm package", pack::tarball)?;
    step("publint", || publint(&tarball))?;
    step("are the types wrong?", || are_the_types_wrong(&tarball))?;
    step("types of the package", || {
        types(&project("consumer", &tarball)?)
    })?;
    Ok(tarball)
}

pub(crate) fn publint(tarball: &Path) -> Result<()> {
    checker("publint", &["--strict"], tarball)
}

/// Checks the entries that support `import` and `require`, and then `./slim`, which supports only
/// `import`. A CommonJS module has no URL of its own that bundlers understand.
pub(crate) fn are_the_types_wrong(tarball: &Path) -> Result<()> {
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
    run(node_modules::program(&template(), name)
        .arg(tarball)
        .args(arguments))
}

/// Compiles the type tests inside the consumer's folder, so that the compiler resolves the package
/// as in any project.
pub(crate) fn types(consumer: &Path) -> Result<()> {
    let tests = paths::root().join(TYPE_TESTS);
    let entries = tests
        .read_dir()
        .with_context(|| format!("The folder {TYPE_TESTS} is missing"))?;
    for entry in entries {
        let entry = entry?;
        copy(entry.path(), consumer.join(entry.file_name()))?;
    }
    run(node_modules::program(&template(), "tsc")
        .arg("--project")
        .arg(consumer))
}
