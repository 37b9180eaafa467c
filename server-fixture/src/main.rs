//! The `server-fixture` command: reads the settings, prints the addresses on stdout, then serves.

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use server_fixture::{Config, Server, StderrLog, fault_server, stop_signal};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    let config = Config::from_flags(std::env::args_os().skip(1)).unwrap_or_else(|e| e.exit());
    raise_descriptor_limit();
    let mut log = StderrLog::install(std::io::stderr().is_terminal());
    let result = Runtime::new().map_err(Into::into).and_then(|runtime| {
        let result = runtime.block_on(serve(config));
        // A blocking read, for example of a file on a server that does not respond, must not delay
        // the exit. Dropping the runtime would wait for it.
        runtime.shutdown_background();
        result
    });
    if let Err(error) = &result {
        // Writing to the log cannot fail.
        let _ = log.write_all(format!("server-fixture: {error}\n").as_bytes());
    }
    log.flush_before_exit();
    result.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

/// Raises the soft limit of file descriptors to the hard limit. The soft limit is often 1,024, for the
/// sake of old programs that use `select`.
fn raise_descriptor_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        let current = maximum;
        // The server also works with the soft limit.
        let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
    }
}

async fn serve(mut config: Config) -> Result<(), Box<dyn Error>> {
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
    // Before a script can read the first line and send a signal.
    let stop = stop_signal();
    let mut lines = format!("listening on http://{address}\n");
    if let Some(faults) = faults {
        lines += &format!("faults on http://{}\n", faults.local_addr()?);
        serve_faults(faults)?;
    }
    announce(lines);
    server.serve(listener, stop).await;
    Ok(())
}

/// Serves the fault port in a runtime of its own, because a script can keep its threads busy.
fn serve_faults(listener: TcpListener) -> std::io::Result<()> {
    let listener = listener.into_std()?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            // Fails only if the runtime cannot watch the socket.
            if let Ok(listener) = TcpListener::from_std(listener) {
                fault_server::run(listener, std::future::pending()).await;
            }
        });
    });
    Ok(())
}

/// Prints lines in a thread of its own, because stdout may be a full pipe. A failed write is ignored,
/// because a script may close the pipe after the first line. `println!` would then panic.
fn announce(lines: String) {
    std::thread::spawn(move || std::io::stdout().write_all(lines.as_bytes()));
}
