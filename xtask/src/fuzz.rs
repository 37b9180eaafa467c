//! `cargo xtask fuzz`: runs the fuzz targets under libFuzzer and the address sanitizer.

use std::fs::create_dir_all;

use anyhow::Result;
use clap::ValueEnum;

use crate::install::nightly::Nightly;
use crate::install::{cargo_tools, debian};
use crate::paths;
use crate::process::run;
use crate::progress::step;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The targets; both if none is named
    targets: Vec<Target>,
    /// The duration of each target
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Target {
    /// Any bytes, split at any position: the parser finds the same events as the oracle
    Parser,
    /// Any policy and any sequence of results: the connection keeps its invariants
    Connection,
}

impl Target {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Parser => "parser",
            Self::Connection => "connection",
        }
    }

    /// Returns the flags for the inputs of the target.
    const fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Parser => &["-dict=fuzz/parser.dict", "-max_len=512"],
            Self::Connection => &[],
        }
    }
}

/// Runs the targets one after the other.
pub(crate) fn run_fuzz(options: &Options) -> Result<()> {
    let nightly = Nightly::with(&[])?;
    programs()?;
    let targets = match options.targets.as_slice() {
        [] => Target::value_variants(),
        named => named,
    };
    targets
        .iter()
        .try_for_each(|target| fuzz(&nightly, *target, options.seconds))
}

/// Installs the programs that the toolchain does not contain.
pub(crate) fn programs() -> Result<()> {
    debian::programs(&[debian::CXX])?;
    cargo_tools::fuzz()
}

/// Fuzzes a target, starting from the corpus of earlier runs on this machine.
pub(crate) fn fuzz(nightly: &Nightly, target: Target, seconds: u32) -> Result<()> {
    let name = target.name();
    let corpus = paths::root().join("fuzz/corpus").join(name);
    create_dir_all(&corpus)?;
    build(nightly, name)?;
    let mut fuzzer = nightly.cargo()?;
    fuzzer.args(["fuzz", "run", name]).arg(corpus);
    let seeds = paths::root().join("fuzz/seeds").join(name);
    if seeds.is_dir() {
        fuzzer.arg(seeds);
    }
    // No input takes a second. The default limit of libFuzzer is twenty minutes.
    fuzzer.args([
        "--",
        "-verbosity=0",
        "-print_funcs=0",
        "-print_final_stats=1",
        "-timeout=60",
    ]);
    fuzzer.arg(format!("-max_total_time={seconds}"));
    step(&format!("fuzzing {name} for {seconds} s"), || {
        run(fuzzer.args(target.flags()))
    })
}

fn build(nightly: &Nightly, name: &str) -> Result<()> {
    step(&format!("compiling the fuzz target {name}"), || {
        run(nightly.cargo()?.args(["fuzz", "build", name]))
    })
}
