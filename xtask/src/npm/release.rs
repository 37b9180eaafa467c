//! `cargo xtask release`: crate and package of one version, checked as they will be published.
//! Nothing is published.

use std::fs::read_to_string;

use anyhow::{Context, Result, bail, ensure};

use super::{consumer, pack, repository};
use crate::paths::{CRATE, VERSION, root};
use crate::process::{cargo, command, output, run};
use crate::progress::step;

/// Checks first what only a person can do and reports all of it at once. Then builds, checks and packs.
pub(crate) fn run_release() -> Result<()> {
    let demands = [committed(), named_in_changelog(), has_repository()];
    let unmet: Vec<_> = demands.into_iter().filter_map(Result::err).collect();
    if !unmet.is_empty() {
        let list = unmet.iter().map(|demand| format!("\n- {demand:#}"));
        bail!(
            "version {VERSION} cannot be released yet:{}",
            list.collect::<String>()
        );
    }
    let tarball = consumer::checked_tarball()?;
    step("checking the crate as crates.io would", || {
        run(cargo().args(["publish", "--dry-run", "--package", CRATE]))
    })?;
    step("checking the package as npm would", || {
        run(command("npm", root())
            .args(["publish", "--dry-run"])
            .arg(&tarball))
    })?;
    step("the same for wasm32", pack::verify_crate_for_wasm)?;
    pack::print_publish_commands(&tarball);
    Ok(())
}

/// A published version must be in the history.
fn committed() -> Result<()> {
    let changes = output(command("git", root()).args(["status", "--porcelain"]))?;
    ensure!(
        changes.is_empty(),
        "The working tree has changes. Commit them, so that the published version is in the history."
    );
    Ok(())
}

fn named_in_changelog() -> Result<()> {
    let text = read_to_string(root().join("CHANGELOG.md")).context("CHANGELOG.md is missing")?;
    ensure!(
        names(&text, VERSION),
        "CHANGELOG.md does not name it: give `## Unreleased` the title `## {VERSION} - YYYY-MM-DD`"
    );
    Ok(())
}

/// Returns whether a section has this version and a date as its title.
fn names(changelog: &str, version: &str) -> bool {
    let titles = changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## "));
    titles
        .filter_map(|title| title.split_once(" - "))
        .any(|(named, date)| named.trim_matches(['[', ']']) == version && !date.is_empty())
}

/// crates.io links the repository, and npm compares it with the CI service that publishes.
fn has_repository() -> Result<()> {
    ensure!(
        repository()?.is_some(),
        "nothing says where the repository is: write `repository = \"https://…\"` under `[package]` \
         of Cargo.toml; the npm package takes it from there"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_changelog_names_a_version_by_a_title_with_a_date() {
        let changelog =
            "# Changelog\n\n## Unreleased\n\n## [0.2.0] - 2026-11-22\n\n## 0.1.0 - 2026-01-01\n";
        assert!(names(changelog, "0.2.0"));
        assert!(names(changelog, "0.1.0"));
        assert!(!names(changelog, "0.3.0"));
        assert!(!names("## 0.1.0\n", "0.1.0"));
        assert!(!names("### 0.1.0 - 2026-01-01\n", "0.1.0"));
    }
}
