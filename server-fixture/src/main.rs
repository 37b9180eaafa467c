//! The server's command: settings from flags and environment, one line on stdout, then serve.

use std::error::Error;

use clap::Parser;
use server_fixture::{Config, Server};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let listener = TcpListener::bind((config.host.as_str(), config.port)).await?;
    let address = listener.local_addr()?;
    let server = Server::open(config).await?;
    println!("listening on http://{address}");
    server.serve(listener, server_fixture::stop_signal()).await;
    Ok(())
}
