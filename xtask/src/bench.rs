//! `cargo xtask bench`: measures the built package beside its peers, and writes tests/bench/RESULTS.md and
//! docs/images/speed.svg.

use std::fs::{copy, create_dir_all};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::install::debian::{self, find};
use crate::install::node_modules;
use crate::process::{command, output, run};
use crate::{fixture, npm, paths};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Measure only these; the page keeps the last results of the others
    #[arg(value_parser = ["parse", "warm", "stream", "delay", "start", "growth"])]
    only: Vec<String>,
    /// More rounds, all workloads and all peers: about an hour instead of some minutes
    #[arg(long)]
    full: bool,
}

/// Measures, and keeps the results.
pub(crate) fn run_bench(options: &Options) -> Result<()> {
    let mut bench = prepared(&paths::build_files().join("bench"))?;
    bench
        .env("BENCHES", options.only.join(","))
        .env("FULL", if options.full { "1" } else { "" })
        .env("PAGE", sources().join("RESULTS.md"))
        .env("CHART", paths::root().join("docs/images/speed.svg"));
    run(&mut bench)
}

/// Runs the benchmarks that take seconds, with few events, and keeps no result. `only` selects one.
pub(crate) fn try_out(only: Option<&str>) -> Result<()> {
    const SHORT: [&str; 2] = ["stream", "start"];
    ensure!(
        only.is_none_or(|name| SHORT.contains(&name)),
        "There is no such short benchmark. Use one of: {}.",
        SHORT.join(", ")
    );
    let folder = paths::build_files().join("bench-try-out");
    let mut bench = prepared(&folder)?;
    bench
        .env("BENCHES", only.map_or(SHORT.join(","), str::to_owned))
        .env("FULL", "")
        .env("EVENTS", "2000")
        .env("PAGE", folder.join("RESULTS.md"));
    run(&mut bench)
}

/// Builds the package, bundles it with its peers, and returns the program that measures in Node and
/// in the browsers.
fn prepared(bundle: &Path) -> Result<Command> {
    npm::build()?;
    debian::programs(&[debian::CHROMIUM])?;
    node_modules::packages(&paths::root().join("tests"))?;
    node_modules::packages(&sources())?;
    let server = fixture::build()?;
    bundled(bundle)?;
    let size = output(command(std::env::current_exe()?, paths::root()).arg("size"))?;
    let mut bench = command("node", paths::root());
    bench
        .arg(sources().join("run.mjs"))
        .env(
            "CHROMIUM",
            find("chromium").context("Chromium is not on PATH any more")?,
        )
        .env("FIXTURE_PROGRAM", server)
        .env("BUNDLE", bundle)
        .env("SIZE", size);
    // Firefox is optional: without it the page has no column for it.
    if let Some(firefox) = find("firefox") {
        bench.env("FIREFOX", firefox);
    }
    Ok(bench)
}

fn sources() -> PathBuf {
    paths::root().join("tests/bench")
}

/// Bundles all clients into one script for all engines, as the bundler of an application does. Also
/// copies the package without bundling, to measure the cost of its import.
fn bundled(folder: &Path) -> Result<()> {
    let dist = paths::staged_package().join("dist");
    let mut build = node_modules::program(&npm::template(), "esbuild");
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
    for script in npm::script_files(from)? {
        copy(&script, to.join(script.file_name().unwrap_or_default()))?;
    }
    Ok(())
}
