//! `cargo xtask test`: everything that proves the project, in one run that shows every failure.

mod bench;
mod browser;
mod chaos;
mod e2e;
mod engines;
mod examples;
mod fuzz;
mod host;
mod matrix;
pub(crate) mod package;
pub(crate) mod report;
mod rows;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::ValueEnum;

use crate::{house, process};
pub(crate) use package::checked as checked_package;
use report::Report;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// What to run; everything if nothing is named
    suites: Vec<Suite>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Suite {
    /// Format, lints, documentation, and all tests that need no browser
    Host,
    /// A short run of the fuzz targets, where there is a nightly toolchain
    Fuzz,
    /// The Rust tests that run inside Chromium, against the fixture server
    Browser,
    /// The npm package: size, types, exports; packed, installed and run in Node and Chromium
    Package,
    /// The packed package in Chromium, Firefox and WebKitGTK, beside their own `EventSource`
    Engines,
    /// That the benchmarks run, not what they find
    Bench,
    /// Every row of the policy table, by the request log of the fixture server
    Rows,
    /// The packed package in every bundler, runtime and framework
    Matrix,
    /// The demo page, built and loaded in Chromium
    E2e,
    /// A short run of many clients while nodes, proxy, Redis and network are killed and cut
    Chaos,
    /// The examples for Rust frameworks, which take minutes to compile
    Examples,
}

/// Runs the suites; the last line counts what passed and what failed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let chosen = match options.suites.as_slice() {
        [] => Suite::value_variants(),
        chosen => chosen,
    };
    // Two runs would install, serve and clear away the same folders.
    house::alone("test", || run_suites(chosen))
}

fn run_suites(chosen: &[Suite]) -> Result<ExitCode> {
    let mut report = Report::default();
    for suite in chosen {
        // A suite that cannot go on has said so in the report; the others may still.
        let _ = match suite {
            Suite::Host => host::run_suite(&mut report),
            Suite::Fuzz => fuzz::run_suite(&mut report),
            Suite::Browser => browser::run_suite(&mut report),
            Suite::Package => package::run_suite(&mut report),
            Suite::Engines => engines::run_suite(&mut report),
            Suite::Bench => bench::run_suite(&mut report),
            Suite::Rows => rows::run_suite(&mut report),
            Suite::Matrix => matrix::run_suite(&mut report),
            Suite::E2e => e2e::run_suite(&mut report),
            Suite::Chaos => chaos::run_suite(&mut report),
            Suite::Examples => examples::run_suite(&mut report),
        };
        ensure!(!process::is_interrupted(), "interrupted");
    }
    Ok(report.finish())
}
