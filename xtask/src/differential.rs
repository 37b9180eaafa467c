//! `cargo xtask differential`: the same random streams through the native class and through ours.

use anyhow::Result;

use crate::engines::Engines;
use crate::process::run;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where: chromium, firefox, webkitgtk
    #[arg(default_values = ["chromium", "firefox"])]
    engines: Vec<String>,
    /// How many random streams for each engine, besides all vectors
    #[arg(long, default_value_t = 10_000)]
    streams: u32,
    /// Repeats a run; without it one is chosen and printed
    #[arg(long)]
    seed: Option<u32>,
}

/// Builds and packs the package, and compares.
pub(crate) fn run_differential(options: &Options) -> Result<()> {
    let mut differential = Engines::prepare()?.node()?;
    differential.arg("tests/npm/differential/run.mjs");
    differential.args(["--streams", &options.streams.to_string()]);
    if let Some(seed) = options.seed {
        differential.args(["--seed", &seed.to_string()]);
    }
    run(differential.args(&options.engines))
}
