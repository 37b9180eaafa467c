//! The `server-fixture` command: reads the settings, prints the addresses on stdout, then serves.

use std::error::Error;
use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use server_fixture::{Config, Server, fault_server, stop_signal};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Config::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("server-fixture: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(mut config: Config) -> Result<(), Box<dyn Error>> {
    let logs = tracing_subscriber::fmt().with_writer(std::io::stderr);
    logs.with_ansi(std::io::stderr().is_terminal()).init();
    let listener = TcpListener::bind((config.host.as_str(), config.port)).await?;
    let address = listener.local_addr()?;
    let faults = match config.fault_port {
        Some(port) => Some(TcpListener::bind((config.host.as_str(), port)).await?),
        None => None,
    };
    // The Content-Security-Policy names this port. `--fault-port 0` is only known after binding.
    config.fault_port = faults
        .as_ref()
        .and_then(|f| f.local_addr().ok())
        .map(|a| a.port());
    let server = Server::open(config).await?;
    println!("listening on http://{address}");
    if let Some(faults) = faults {
        println!("faults on http://{}", faults.local_addr()?);
        tokio::spawn(fault_server::run(faults, std::future::pending()));
    }
    server.serve(listener, stop_signal()).await;
    Ok(())
}
