//! The commands of this repository: `cargo xtask <command>`.
//!
//! In reading order: [`house`] knows the folders, [`process`] runs programs and ends them with us,
//! [`step`] says what takes long, [`install`] fetches what a fresh machine lacks, [`package`]
//! builds the npm package, [`size`] weighs it, [`fixture`] is the running server, and [`mod@bench`], [`demo`],
//! [`mod@test`] and [`pack`] are the commands over them.

mod bench;
mod demo;
mod fixture;
mod house;
mod install;
mod pack;
mod package;
mod process;
mod size;
mod step;
mod test;

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
    /// Run everything that proves the project, or only the suites named
    Test(test::Options),
    /// Check and pack the crate and the npm package; nothing is published
    Pack,
    /// Measure the package against its peers and write tests/bench/RESULTS.md
    Bench(bench::Options),
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
        Command::Test(options) => return test::run(&options),
        Command::Pack => pack::run_pack()?,
        Command::Bench(options) => bench::run_bench(&options)?,
        Command::Size => size::report()?,
    }
    Ok(ExitCode::SUCCESS)
}
