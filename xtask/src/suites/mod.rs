//! `cargo xtask test`: the suites of tests, in one run that shows every failure.

mod behavior;
mod bench;
mod cargo_tests;
mod chaos;
mod crate_builds;
mod demo;
mod environments;
mod examples;
mod fuzz;
mod host;
mod install;
mod node_tests;
mod package;
mod spec;
mod unit;
mod wasm;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::ValueEnum;

use crate::report::{CannotContinue, Report};
use crate::{check, paths, process};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The suites to run; all if none is named
    suites: Vec<Suite>,
    /// Run only the tests of one suite that have this text in their name or in the name of their file
    #[arg(last = true)]
    filter: Option<String>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Suite {
    /// Formats, lints, types and import directions: the same as `cargo xtask check`
    Check,
    /// Documentation of the Rust API, and all Rust tests that need no browser
    Host,
    /// The crate with every set of features, on the oldest Rust, and as docs.rs documents it
    Crate,
    /// A short run of the fuzz targets, if a nightly toolchain can be installed
    Fuzz,
    /// Browser tests of the Rust API in Chromium and Firefox, against the fixture server
    Wasm,
    /// Unit tests of the npm package in Node
    Unit,
    /// The packed npm package: size, types, exports and documents, in Node and Chromium
    Package,
    /// Conformance of the packed package in Chromium, Firefox and WebKitGTK, beside their own class
    Spec,
    /// A short run of the benchmarks, which only proves that they run
    Bench,
    /// Options, events and errors of the npm package, proved by the request log of the server
    Behavior,
    /// The packed package in every bundler, runtime and framework
    Install,
    /// The packed package in test environments, and with mocks, instrumented `fetch` and edge runtimes
    Environments,
    /// The demo page in Chromium
    Demo,
    /// A short run of many clients while nodes, proxy, Redis and network fail
    Chaos,
    /// The examples for Rust frameworks, which take minutes to compile
    Examples,
}

impl Options {
    /// Selects the checks alone.
    pub(crate) fn check() -> Self {
        Self {
            suites: vec![Suite::Check],
            filter: None,
        }
    }
}

/// Runs the suites. The last line counts the steps that passed and failed.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let chosen = match options.suites.as_slice() {
        [] => Suite::value_variants(),
        chosen => chosen,
    };
    let filter = options.filter.as_deref();
    ensure!(
        filter.is_none() || options.suites.len() == 1,
        "A filter selects tests of one suite. Name the suite: cargo xtask test SUITE -- FILTER"
    );
    // Two runs of tests would remove the files of each other. Checks write none.
    let lock = if chosen == [Suite::Check] {
        "check"
    } else {
        "test"
    };
    paths::alone(lock, || run_suites(chosen, filter))
}

fn run_suites(chosen: &[Suite], filter: Option<&str>) -> Result<ExitCode> {
    let mut report = Report::default();
    for suite in chosen {
        // The report contains the failure. The other suites may still pass.
        let _ = run_suite(*suite, &mut report, filter);
        ensure!(!process::is_interrupted(), "interrupted");
    }
    Ok(report.finish())
}

fn run_suite(
    suite: Suite,
    report: &mut Report,
    filter: Option<&str>,
) -> Result<(), CannotContinue> {
    match suite {
        Suite::Check => check::run_suite(report, filter),
        Suite::Host => host::run_suite(report, filter),
        Suite::Crate => crate_builds::run_suite(report, filter),
        Suite::Fuzz => fuzz::run_suite(report, filter),
        Suite::Wasm => wasm::run_suite(report, filter),
        Suite::Unit => unit::run_suite(report, filter),
        Suite::Package => package::run_suite(report, filter),
        Suite::Spec => spec::run_suite(report, filter),
        Suite::Bench => bench::run_suite(report, filter),
        Suite::Behavior => behavior::run_suite(report, filter),
        Suite::Install => install::run_suite(report, filter),
        Suite::Environments => environments::run_suite(report, filter),
        Suite::Demo => demo::run_suite(report, filter),
        Suite::Chaos => chaos::run_suite(report, filter),
        Suite::Examples => examples::run_suite(report, filter),
    }
}
