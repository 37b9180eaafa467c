//! Measures the server, beside nchan and the textbook's own Express server on the same machine
//! in the same run, and prints a table. Run it in release mode:
//!
//! `cargo run --release -p server-fixture --example load -- --clients 15000`
//!
//! It builds the server and installs Express if need be. A peer that is not there (Node, or `nginx`
//! with its nchan module) is left out with a word.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that fails must stop, not go on with wrong figures"
)]

mod clients;
mod http2;
mod measures;
#[path = "../../tests/support/process.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the tests, whose file it is, use it from another crate's root"
)]
mod process;
mod scaling;
mod servers;

use std::process::Command;

use clap::Parser;

/// Measures the server and its peers.
#[derive(Debug, Parser)]
struct Settings {
    /// Connections of the idle and the broadcast measure.
    #[arg(long, default_value_t = 15_000)]
    clients: usize,

    /// Connections of the comparison with the peers.
    #[arg(long, default_value_t = 1_000)]
    peers_clients: usize,

    /// Events of the comparison with the peers.
    #[arg(long, default_value_t = 500)]
    events: usize,

    /// Rounds of the comparison; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// Measures instead what more nodes, more durability and an edge cost: see SCALING.md.
    #[arg(long)]
    scaling: bool,

    /// Streams at the edge, for `--scaling`.
    #[arg(long, default_value_t = 2_000)]
    edge_clients: usize,

    /// Events through Redis, for `--scaling`.
    #[arg(long, default_value_t = 16_000)]
    scaling_events: usize,
}

fn main() {
    if std::env::var_os("LOAD_FILES_RAISED").is_none() {
        raise_files();
    }
    let settings = Settings::parse();
    servers::build();
    servers::install_express();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match settings.scaling {
        true => runtime.block_on(scaling::all(settings.edge_clients, settings.scaling_events)),
        false => runtime.block_on(measures::all(&settings)),
    }
}

/// Runs this program again with as many open files as the system allows.
fn raise_files() -> ! {
    let own = std::env::current_exe().unwrap();
    let status = Command::new("sh")
        .args(["-c", "ulimit -n $(ulimit -Hn); exec \"$0\" \"$@\""])
        .arg(own)
        .args(std::env::args_os().skip(1))
        .env("LOAD_FILES_RAISED", "1")
        .status()
        .unwrap();
    std::process::exit(status.code().unwrap_or(1));
}
