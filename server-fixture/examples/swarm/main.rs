//! Hundreds of native clients that decide as the npm package does: the same parser, and
//! `authenticated_event_source::connection` with the clock and the random of this program. Each keeps
//! a ledger of the ids that it got.
//!
//! ```text
//! cargo run -p server-fixture --example swarm -- --address 127.0.0.1:3000 --clients 200
//! ```
//!
//! A line on standard input is a question, and its answer a line of JSON on standard output:
//! `state` (how many are open, how many have the id named by `until ID`), `report` (every ledger).
//! The end of the input ends the program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a proof that fails must stop, not go on with wrong figures"
)]

mod client;
mod http;
mod ledger;

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Parser;
use serde_json::{Value, json};

use client::Client;
use ledger::Shared;

/// Many clients of one server.
#[derive(Clone, Debug, Parser)]
struct Settings {
    /// Where the server, or the proxy before it, listens.
    #[arg(long)]
    address: SocketAddr,

    /// How many streams.
    #[arg(long, default_value_t = 100)]
    clients: u64,

    /// Seconds that a token lives. Every other client renews it in time, the others wait until
    /// they are refused.
    #[arg(long, default_value_t = 900)]
    ttl: u64,

    /// Seconds of silence after which a stream counts as dead.
    #[arg(long, default_value_t = 5.0)]
    heartbeat: f64,

    /// Longest wait before a reconnect, in seconds.
    #[arg(long, default_value_t = 30.0)]
    max_delay: f64,

    /// Of the random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() {
    let settings = Settings::parse();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let inside = runtime.enter();
    let ledgers: Vec<Arc<Shared>> = (0..settings.clients)
        .map(|number| Client::start(&settings, number))
        .collect();
    drop(inside);
    answer(&ledgers);
    // Streams never end by themselves.
    runtime.shutdown_background();
}

fn answer(ledgers: &[Arc<Shared>]) {
    let mut end = String::new();
    for question in std::io::stdin().lines().map_while(Result::ok) {
        match question.split_once(' ') {
            Some(("until", id)) => id.clone_into(&mut end),
            _ if question == "state" => println!("{}", state(ledgers, &end)),
            _ if question == "report" => println!("{}", report(ledgers)),
            _ => eprintln!("no such question: {question}"),
        }
    }
}

fn state(ledgers: &[Arc<Shared>], end: &str) -> Value {
    let count = |is_so: &dyn Fn(&Shared) -> bool| ledgers.iter().filter(|it| is_so(it)).count();
    json!({
        "open": count(&|shared| shared.is_open()),
        "arrived": count(&|shared| shared.ledger().last == end),
    })
}

fn report(ledgers: &[Arc<Shared>]) -> Value {
    let all = ledgers.iter().map(|shared| json!(&*shared.ledger()));
    all.collect()
}
