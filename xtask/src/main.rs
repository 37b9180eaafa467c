//! The commands of this repository: `cargo xtask <command>`.
//!
//! In reading order: [`paths`] has the folders, [`process`] runs programs and ends them with this
//! program, [`progress`] and [`report`] print what happens, and [`install`] installs what a new
//! machine lacks. [`npm`] builds, packs and checks the npm package. [`fixture`] runs the fixture
//! server, and [`engines`] starts the browsers. [`check`] and [`suites`] are the checks and tests.
//! [`mod@bench`], [`conformance`], [`demo`], [`differential`], [`docs`], [`mod@fuzz`], [`long_runs`] and
//! [`miri`] are the other commands.

mod bench;
mod check;
mod conformance;
mod demo;
mod differential;
mod docs;
mod engines;
mod fingerprint;
mod fixture;
mod fuzz;
mod install;
mod long_runs;
mod miri;
mod npm;
mod paths;
mod process;
mod progress;
mod report;
mod suites;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, long_about = None)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the npm package into target/npm and print the size of each entry
    Build,
    /// Build everything, start the fixture server with the demo page and print its address
    Demo(demo::Options),
    /// Check formats, lints, types and import directions; run it before each commit
    Check,
    /// Run the checks and all test suites, or only the suites named
    Test(suites::Options),
    /// Check and pack the crate and the npm package; nothing is published
    Pack,
    /// Check the conditions of a release, then build, check and pack both; nothing is published
    Release,
    /// Build the API reference of the crate and of the npm package
    Docs,
    /// Measure the package against its peers and write tests/bench/RESULTS.md
    Bench(bench::Options),
    /// Run the cases of the standard on the package and its peers and write tests/npm/spec/RESULTS.md
    Conformance,
    /// Read random streams with the native class and with this package, and compare the results
    Differential(differential::Options),
    /// Run the fuzz targets of parser and connection under libFuzzer
    Fuzz(fuzz::Options),
    /// Run the tests of parser and connection in Miri
    Miri,
    /// Kill, cut and delay everything between many clients and the log; no client may lose an event
    Chaos(long_runs::Chaos),
    /// Disconnect all clients at the same moment and measure how their reconnections spread
    Storm(long_runs::Storm),
    /// Refresh, reconnect and rotate for an hour and measure whether memory grows
    Soak(long_runs::Soak),
    /// Measure the server beside nchan and an Express server, and with several nodes
    Load(long_runs::Load),
    /// Write pkg-template/src/protocol.ts from src/bindings/protocol.rs
    Protocol,
    /// Print the size of each entry of the built package; fails over the budget
    Size,
}

fn main() -> ExitCode {
    let outcome = process::end_children_with_us().and_then(|()| run(Arguments::parse().command));
    match outcome {
        Ok(code) => code,
        Err(_) if process::is_interrupted() => ExitCode::from(130),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Build => npm::build().and_then(|()| npm::size::report())?,
        Command::Demo(options) => demo::run_demo(&options)?,
        Command::Check => return suites::run(&suites::Options::check()),
        Command::Test(options) => return suites::run(&options),
        Command::Pack => npm::pack::run_pack()?,
        Command::Release => npm::release::run_release()?,
        Command::Docs => docs::run_docs()?,
        Command::Bench(options) => bench::run_bench(&options)?,
        Command::Conformance => conformance::write_table()?,
        Command::Differential(options) => differential::run_differential(&options)?,
        Command::Fuzz(options) => fuzz::run_fuzz(&options)?,
        Command::Miri => miri::run_miri()?,
        Command::Chaos(options) => long_runs::run_chaos(&options)?,
        Command::Storm(options) => long_runs::run_storm(&options)?,
        Command::Soak(options) => long_runs::run_soak(&options)?,
        Command::Load(options) => long_runs::run_load(&options)?,
        Command::Protocol => npm::protocol::generate()?,
        Command::Size => npm::size::report()?,
    }
    Ok(ExitCode::SUCCESS)
}
