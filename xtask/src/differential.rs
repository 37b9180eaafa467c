//! `cargo xtask differential`: reads the same random streams with the native class and with this package.

use anyhow::Result;

use crate::engines::Engines;
use crate::process::run;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The engines: chromium, firefox, webkitgtk
    #[arg(default_values = ["chromium", "firefox"])]
    engines: Vec<String>,
    /// The number of random streams for each engine, besides the vectors
    #[arg(long, default_value_t = 10_000)]
    streams: u32,
    /// Repeats a run; without it the command selects a seed and prints it
    #[arg(long)]
    seed: Option<u32>,
}

/// Builds and packs the package, and compares the results of both classes.
pub(crate) fn run_differential(options: &Options) -> Result<()> {
    let mut differential = Engines::prepare()?.node()?;
    differential.arg("tests/npm/differential/run.mjs");
    differential.args(["--streams", &options.streams.to_string()]);
    if let Some(seed) = options.seed {
        differential.args(["--seed", &seed.to_string()]);
    }
    run(differential.args(&options.engines))
}
