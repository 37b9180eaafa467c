//! The commands of this repository: `cargo xtask <command>`.
//!
//! In reading order: [`house`] knows the folders, [`process`] runs programs and ends them with us,
//! [`step`] says what takes long, [`install`] fetches what a fresh machine lacks, [`package`]
//! builds the npm package, [`size`] weighs it, [`fixture`] is the running server, [`engines`] are the
//! browsers, and [`mod@bench`], [`conformance`], [`differential`], [`mod@fuzz`], [`miri`], [`demo`], [`docs`],
//! [`mod@test`], [`trials`], [`pack`] and [`release`] are the commands over them.

mod bench;
mod check;
mod conformance;
mod demo;
mod differential;
mod docs;
mod engines;
mod fixture;
mod fuzz;
mod house;
mod install;
mod miri;
mod pack;
mod package;
mod process;
mod release;
mod size;
mod step;
mod test;
mod trials;

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
    /// Build the npm package into target/npm and print what each entry weighs
    Build,
    /// Build everything, start the fixture server with the demo page and print its address
    Demo(demo::Options),
    /// Check formats, lints, types and import directions; run it before each commit
    Check,
    /// Run everything that proves the project, or only the suites named
    Test(test::Options),
    /// Check and pack the crate and the npm package; nothing is published
    Pack,
    /// Demand what a release needs, then build, check and pack both; nothing is published
    Release,
    /// Build the API reference of the crate and of the npm package
    Docs,
    /// Measure the package against its peers and write tests/bench/RESULTS.md
    Bench(bench::Options),
    /// Hold the package and its peers to the standard and write tests/conformance/RESULTS.md
    Conformance,
    /// Read random streams through the native class and through ours, and compare
    Differential(differential::Options),
    /// Run the fuzz targets of parser and connection under libFuzzer
    Fuzz(fuzz::Options),
    /// Run the tests of parser and connection in Miri
    Miri,
    /// Kill, cut and delay everything between many clients and the log; each must have all of it
    Chaos(trials::Chaos),
    /// Cut all clients off in one moment, and see how their returns spread
    Storm(trials::Storm),
    /// Refresh, reconnect and rotate for an hour, and see whether memory grows
    Soak(trials::Soak),
    /// Measure the server beside nchan and the textbook's Express server, and beyond one node
    Load(trials::Load),
    /// Print what each entry of the built package weighs; fails over the budget
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
        Command::Build => package::build().and_then(|()| size::report())?,
        Command::Demo(options) => demo::run_demo(&options)?,
        Command::Check => return check::run_check(),
        Command::Test(options) => return test::run(&options),
        Command::Pack => pack::run_pack()?,
        Command::Release => release::run_release()?,
        Command::Docs => docs::run_docs()?,
        Command::Bench(options) => bench::run_bench(&options)?,
        Command::Conformance => conformance::write_table()?,
        Command::Differential(options) => differential::run_differential(&options)?,
        Command::Fuzz(options) => fuzz::run_fuzz(&options)?,
        Command::Miri => miri::run_miri()?,
        Command::Chaos(options) => trials::run_chaos(&options)?,
        Command::Storm(options) => trials::run_storm(&options)?,
        Command::Soak(options) => trials::run_soak(&options)?,
        Command::Load(options) => trials::run_load(&options)?,
        Command::Size => size::report()?,
    }
    Ok(ExitCode::SUCCESS)
}
