//! `cargo xtask bench`: the built package against its peers; writes tests/bench/RESULTS.md.

use std::fs::{copy, create_dir_all};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::install::debian::{self, find};
use crate::install::npm;
use crate::process::{command, output, run};
use crate::{fixture, house, package};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Measure only these; what the others found last stays on the page
    #[arg(value_parser = ["parse", "stream", "delay", "start", "growth"])]
    only: Vec<String>,
    /// More rounds, all workloads and all peers: about an hour instead of some minutes
    #[arg(long)]
    full: bool,
}

/// Measures, and keeps what it found.
pub(crate) fn run_bench(options: &Options) -> Result<()> {
    let mut bench = prepared(&house::workshop().join("bench"))?;
    bench
        .env("BENCHES", options.only.join(","))
        .env("FULL", if options.full { "1" } else { "" })
        .env("PAGE", sources().join("RESULTS.md"));
    run(&mut bench)
}

/// Whether it can be measured at all: the benchmarks that take no minutes, with few events, on a page
/// that nobody keeps.
pub(crate) fn try_out() -> Result<()> {
    let folder = house::workshop().join("bench-try-out");
    let mut bench = prepared(&folder)?;
    bench
        .env("BENCHES", "stream,start")
        .env("FULL", "")
        .env("EVENTS", "2000")
        .env("PAGE", folder.join("RESULTS.md"));
    run(&mut bench)
}

/// Builds the package and bundles it with its peers; the program that measures in Node and in the
/// browsers.
fn prepared(bundle: &Path) -> Result<Command> {
    package::build()?;
    debian::programs(&[debian::CHROMIUM])?;
    npm::packages(&house::root().join("tests"))?;
    npm::packages(&sources())?;
    let server = fixture::build()?;
    bundled(bundle)?;
    let size = output(command(std::env::current_exe()?, house::root()).arg("size"))?;
    let mut bench = command("node", house::root());
    bench
        .arg(sources().join("run.mjs"))
        .env("CHROMIUM", find("chromium").context("chromium is gone")?)
        .env("FIXTURE_PROGRAM", server)
        .env("BUNDLE", bundle)
        .env("SIZE", size);
    // Measured where it is, and not asked for where it is not.
    if let Some(firefox) = find("firefox") {
        bench.env("FIREFOX", firefox);
    }
    Ok(bench)
}

fn sources() -> PathBuf {
    house::root().join("tests/bench")
}

/// All clients in one script for all engines, as a bundler of a user's would make it; and the
/// package as it is, for what it costs to import.
fn bundled(folder: &Path) -> Result<()> {
    let dist = house::staged_package().join("dist");
    let mut build = npm::program(&package::tools(), "esbuild");
    build.args(["page.mjs", "clients.mjs"].map(|script| sources().join(script)));
    build.args([
        "--bundle",
        "--format=esm",
        "--target=es2022",
        "--out-extension:.js=.mjs",
        "--conditions=browser",
    ]);
    for (entry, file) in [
        ("", "index.js"),
        ("/fetch-event-source", "fetch-event-source.js"),
    ] {
        let file = dist.join(file);
        build.arg(format!(
            "--alias:authenticated-event-source{entry}={}",
            file.display()
        ));
    }
    run(build
        .arg("--log-level=warning")
        .arg(format!("--outdir={}", folder.display())))?;
    copy(
        sources().join("start-worker.mjs"),
        folder.join("start-worker.mjs"),
    )?;
    copy_scripts(&dist, &folder.join("package"))?;
    copy_scripts(&dist.join("chunks"), &folder.join("package/chunks"))
}

fn copy_scripts(from: &Path, to: &Path) -> Result<()> {
    create_dir_all(to)?;
    for script in package::script_files(from)? {
        copy(&script, to.join(script.file_name().unwrap_or_default()))?;
    }
    Ok(())
}
