//! `cargo xtask bench`: the built package against its peers; writes tests/bench/RESULTS.md.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::install::debian::{self, find};
use crate::install::npm;
use crate::process::{command, output, run};
use crate::{house, package};

/// Builds the package, bundles it with its peers, and measures in Node and in Chromium.
pub(crate) fn run_bench() -> Result<()> {
    package::build()?;
    debian::programs(&[debian::CHROMIUM])?;
    npm::packages(&house::root().join("tests"))?;
    npm::packages(&sources())?;
    let bundle = house::workshop().join("bench");
    bundled(&bundle)?;
    let size = output(command(std::env::current_exe()?, house::root()).arg("size"))?;
    let mut bench = command("node", house::root());
    bench
        .arg(sources().join("run.mjs"))
        .env("CHROMIUM", find("chromium").context("chromium is gone")?)
        .env("BUNDLE", &bundle)
        .env("SIZE", size);
    run(&mut bench)
}

fn sources() -> PathBuf {
    house::root().join("tests/bench")
}

/// All parsers in one script for both engines, as a bundler of a user's would make it.
fn bundled(folder: &Path) -> Result<()> {
    let ours = house::staged_package().join("dist/index.js");
    let mut build = npm::program(&package::tools(), "esbuild");
    build.arg(sources().join("page.mjs"));
    build.args([
        "--bundle",
        "--format=esm",
        "--target=es2022",
        "--out-extension:.js=.mjs",
    ]);
    build.arg(format!(
        "--alias:authenticated-event-source={}",
        ours.display()
    ));
    run(build
        .arg("--log-level=warning")
        .arg(format!("--outdir={}", folder.display())))
}
