//! `cargo xtask chaos`, `storm`, `soak` and `load`: long runs that write a report.

use std::fs::{create_dir_all, write};
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::install::debian::{self, find};
use crate::install::node_modules;
use crate::process::{cargo, command, output, run};
use crate::{fixture, install, npm, paths};

#[derive(clap::Args)]
pub(crate) struct Chaos {
    /// Repeats the plan of a run; a random seed if not given
    #[arg(long)]
    seed: Option<String>,
    /// The duration of the plan
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// The number of native clients, besides the clients of the package
    #[arg(long, default_value_t = 200)]
    clients: u32,
}

#[derive(clap::Args)]
pub(crate) struct Storm {
    /// Repeats the random choices of a run; a random seed if not given
    #[arg(long)]
    seed: Option<String>,
    /// The number of native clients, besides the clients of the package
    #[arg(long, default_value_t = 2000)]
    clients: u32,
}

#[derive(clap::Args)]
pub(crate) struct Soak {
    /// Repeats the disconnections of a run; a random seed if not given
    #[arg(long)]
    seed: Option<String>,
    /// The duration of the run
    #[arg(long, default_value_t = 60.0)]
    minutes: f64,
    /// The number of native clients, besides the clients of the package
    #[arg(long, default_value_t = 100)]
    clients: u32,
}

#[derive(clap::Args)]
pub(crate) struct Load {
    /// Runs each measurement with few streams and events, and writes no report
    #[arg(long)]
    small: bool,
}

/// The arguments of the measuring program for `--small`.
const SMALL: [&str; 6] = [
    "--clients=500",
    "--peers-clients=100",
    "--events=50",
    "--rounds=1",
    "--edge-clients=200",
    "--scaling-events=800",
];

/// Kills, cuts and delays everything between many clients and the log.
pub(crate) fn run_chaos(options: &Chaos) -> Result<()> {
    let minutes = options.minutes.to_string();
    long_run("chaos", &options.seed, options.clients, Some(&minutes))
}

/// Disconnects all clients at the same moment.
pub(crate) fn run_storm(options: &Storm) -> Result<()> {
    long_run("storm", &options.seed, options.clients, None)
}

/// Measures whether memory grows over time.
pub(crate) fn run_soak(options: &Soak) -> Result<()> {
    let minutes = options.minutes.to_string();
    long_run("soak", &options.seed, options.clients, Some(&minutes))
}

fn long_run(name: &str, seed: &Option<String>, clients: u32, minutes: Option<&str>) -> Result<()> {
    npm::build()?;
    programs()?;
    let (server, swarm) = fixture::build_optimised()?;
    let raw = paths::build_files().join(name).with_extension("json");
    let mut program = command("node", paths::root());
    program
        .arg(sources().join("run.mjs"))
        .arg(name)
        .args(["--clients", &clients.to_string()]);
    if let Some(seed) = seed {
        program.args(["--seed", seed]);
    }
    if let Some(minutes) = minutes {
        program.args(["--minutes", minutes]);
    }
    program
        .env("FIXTURE_PROGRAM", server)
        .env("SWARM_PROGRAM", swarm);
    run(with_tools(&mut program)?.env("RAW", raw))
}

/// Installs the programs of the clients and servers of a long run.
pub(crate) fn programs() -> Result<()> {
    use debian::{CHROMIUM, NGINX, REDIS};
    debian::programs(&[CHROMIUM, REDIS, NGINX])?;
    node_modules::packages(&paths::root().join("tests"))?;
    node_modules::packages(&sources())
}

/// Sets the variables from which a long run reads its programs.
pub(crate) fn with_tools(
    command: &mut std::process::Command,
) -> Result<&mut std::process::Command> {
    Ok(command
        .env(
            "CHROMIUM",
            find("chromium").context("Chromium is not on PATH any more")?,
        )
        .env("PACKAGE", paths::staged_package())
        .env("PATH", paths::path_with_tools()?))
}

fn sources() -> PathBuf {
    paths::root().join("tests/chaos")
}

/// Measures the server beside its peers and the cost of more nodes, and writes both tables.
pub(crate) fn run_load(options: &Load) -> Result<()> {
    debian::programs(&[debian::NGINX, debian::REDIS])?;
    debian::nchan()?;
    install::node()?;
    let before = machine()?;
    let flags = if options.small { SMALL.as_slice() } else { &[] };
    let beside = measured(flags)?;
    let scaling = measured(&[flags, &["--scaling"]].concat())?;
    let text = format!(
        "# Load\n\nClients, servers and peers on the same machine, in the same run.\n\n{beside}\n\
         ## Beyond one node\n\nWhat SCALING.md of server-fixture reckons with.\n\n{scaling}\n\
         Written by `cargo xtask load`; not to be edited. {before}.\n"
    );
    print!("{text}");
    if options.small {
        return Ok(());
    }
    let results = sources().join("results");
    create_dir_all(&results)?;
    write(results.join("load.md"), text).context("Cannot write the tables")
}

fn measured(flags: &[&str]) -> Result<String> {
    let mut load = cargo();
    load.args(["run", "--release", "--quiet", "--package", "server-fixture"]);
    load.args(["--example", "load", "--"]).args(flags);
    output(load.env("PATH", paths::path_with_tools()?))
}

/// Returns the machine and the load of a measurement.
fn machine() -> Result<String> {
    let script = "import { machine } from './machine.mjs'; process.stdout.write(machine());";
    let mut node = command("node", sources());
    output(node.args(["--input-type=module", "--eval", script]))
}
