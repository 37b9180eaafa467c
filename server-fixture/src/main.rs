//! The `server-fixture` command: reads the settings, prints the addresses on stdout, then serves.

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use server_fixture::{Config, Server, fault_server, stop_signal};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let config = Config::from_flags(std::env::args_os().skip(1)).unwrap_or_else(|e| e.exit());
    let result = Runtime::new().map_err(Into::into).and_then(|runtime| {
        let result = runtime.block_on(serve(config));
        // A blocking read, for example of a file on a server that does not respond, must not delay
        // the exit. Dropping the runtime would wait for it.
        runtime.shutdown_background();
        result
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "server-fixture: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(mut config: Config) -> Result<(), Box<dyn Error>> {
    let logs = tracing_subscriber::fmt().with_writer(std::io::stderr);
    // The subscriber would report a failed write with `eprintln!`, which panics if stderr is closed, or
    // on a full disk.
    let logs = logs.log_internal_errors(false);
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
    announce(&format!("listening on http://{address}"));
    if let Some(faults) = faults {
        announce(&format!("faults on http://{}", faults.local_addr()?));
        tokio::spawn(fault_server::run(faults, std::future::pending()));
    }
    server.serve(listener, stop_signal()).await;
    Ok(())
}

/// Prints a line. A script may close the pipe after the first line, and `println!` would then panic.
fn announce(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
