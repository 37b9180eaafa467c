//! Runs of `cargo test`.

use anyhow::{Result, ensure};

use crate::paths;
use crate::process::{cargo, output, run};

/// Selections of packages and features, each of which is one run of `cargo test`.
pub(super) type Selections<'a> = &'a [&'a [&'a str]];

/// Runs the tests that have the filter in their path, and fails if there are none.
pub(super) fn run_filtered(selections: Selections<'_>, filter: &str) -> Result<()> {
    let mut found = false;
    for selection in selections {
        run(cargo().arg("test").args(*selection).arg("--no-run"))?;
        let mut list = cargo();
        list.arg("test").args(*selection);
        let listed = output(list.args(["--", filter, "--list"]))?;
        if names_a_test(&listed) {
            found = true;
            run_tests(selection, &["--", filter])?;
        }
    }
    ensure!(found, "No test of this suite has `{filter}` in its path.");
    Ok(())
}

/// Runs the tests of a selection.
pub(super) fn run_tests(selection: &[&str], more: &[&str]) -> Result<()> {
    let mut tests = cargo();
    tests.arg("test").args(selection).args(more);
    run(tests.env("PATH", paths::path_with_tools()?))
}

/// Returns whether the output of `--list` names a test.
pub(super) fn names_a_test(listed: &str) -> bool {
    listed.lines().any(|line| line.ends_with(": test"))
}
