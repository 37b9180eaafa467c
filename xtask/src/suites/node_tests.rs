//! Runs of Node's test runner.

use std::fs::{read_to_string, remove_file};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::install::debian::find;
use crate::paths;
use crate::process::{command, run};

/// Test files, and what they need.
pub(super) struct NodeTests<'a> {
    pub(super) files: Vec<PathBuf>,
    pub(super) flags: &'a [&'a str],
    pub(super) variables: &'a [(&'a str, &'a str)],
}

/// Runs the tests in a folder, or only those that the filter selects.
pub(super) fn node_tests(
    folder: &str,
    variables: &[(&str, &str)],
    filter: Option<&str>,
) -> Result<()> {
    NodeTests {
        files: test_files(folder)?,
        flags: &[],
        variables,
    }
    .run(filter)
}

impl NodeTests<'_> {
    /// Runs all tests, the files that have the filter in their name, or else the tests that do.
    pub(super) fn run(self, filter: Option<&str>) -> Result<()> {
        let Some(filter) = filter else {
            return run(self.node()?.args(&self.files));
        };
        let mut named = self.files.clone();
        named.retain(|file| file.file_name().is_some_and(|name| contains(name, filter)));
        if named.is_empty() {
            self.run_by_name(filter)
        } else {
            run(self.node()?.args(named))
        }
    }

    fn run_by_name(&self, filter: &str) -> Result<()> {
        // A name that is put together at run time is in no file: search all files for it.
        let mut files = self.files.clone();
        files.retain(|file| read_to_string(file).is_ok_and(|text| text.contains(filter)));
        if files.is_empty() {
            files.clone_from(&self.files);
        }
        let list = paths::build_files().join("filtered.tap");
        let _ = remove_file(&list);
        let mut tests = self.node()?;
        tests
            .arg(format!("--test-name-pattern={}", escaped(filter)))
            .args(["--test-reporter-destination=stdout", "--test-reporter=tap"])
            .arg(format!("--test-reporter-destination={}", list.display()));
        run(tests.args(files))?;
        let list = read_to_string(list).context("Node wrote no list of tests")?;
        ensure!(
            ran_any(&list, filter),
            "No test of this suite has `{filter}` in its name or in the name of its file."
        );
        Ok(())
    }

    fn node(&self) -> Result<Command> {
        let chromium = find("chromium").context("Chromium is not on PATH any more")?;
        let mut node = command("node", paths::root());
        node.args(["--test", "--test-reporter=spec"])
            .args(self.flags)
            .env("PATH", paths::path_with_tools()?)
            .env("CHROMIUM", chromium)
            .envs(self.variables.iter().copied());
        Ok(node)
    }
}

fn contains(name: &std::ffi::OsStr, part: &str) -> bool {
    name.to_string_lossy().contains(part)
}

/// Escapes what has a meaning in a regular expression.
fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if r"\^$.|?*+()[]{}/".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// Returns whether the list of Node has a test of this name that was not skipped.
fn ran_any(list: &str, name: &str) -> bool {
    list.lines()
        .map(|line| line.replace("\\#", "#"))
        .any(|line| {
            let line = line.trim_start();
            let is_result = line.starts_with("ok ") || line.starts_with("not ok ");
            is_result && line.contains(name) && !line.contains("# SKIP")
        })
}

/// Lists the test files of a folder. Node takes patterns only since a version that is newer than
/// the oldest one that this program supports.
pub(super) fn test_files(folder: &str) -> Result<Vec<PathBuf>> {
    let folder = paths::root().join(folder);
    let entries = folder.read_dir().with_context(|| no_tests_in(&folder))?;
    let paths: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    let mut tests: Vec<_> = paths
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    tests.sort();
    ensure!(!tests.is_empty(), no_tests_in(&folder));
    Ok(tests)
}

fn no_tests_in(folder: &Path) -> String {
    format!("There are no tests in {}", folder.display())
}

#[cfg(test)]
mod tests {
    use super::{escaped, ran_any};

    #[test]
    fn a_skipped_test_did_not_run() {
        let list = "ok 1 - one # SKIP test name does not match pattern\n    ok 2 - issue \\#7\n";
        assert!(!ran_any(list, "one"));
        assert!(ran_any(list, "issue #7"));
        assert!(!ran_any(list, "two"));
    }

    #[test]
    fn a_filter_is_plain_text() {
        assert_eq!(escaped("a.b (c)"), r"a\.b \(c\)");
    }
}
