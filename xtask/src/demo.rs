//! `cargo xtask demo`: builds and serves a page that shows an authenticated stream.

use std::fs::{read_to_string, write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::fingerprint::fingerprint;
use crate::fixture::{self, Fixture};
use crate::install::node_modules;
use crate::process;
use crate::{npm, paths, progress::step};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The port of the page; 0 selects any free port
    #[arg(long, default_value_t = 3000)]
    port: u16,
}

/// Builds everything that is out of date, and serves the page until Ctrl-C.
pub(crate) fn run_demo(options: &Options) -> Result<()> {
    ensure_free(options.port)?;
    let page = build_page()?;
    let server = fixture::build()?;
    ensure_free(options.port)?;
    let mut server = serve(&server, &page, options.port)?;
    println!("\nThe demo is at {} (Ctrl-C stops it)", server.url());
    let ended = server.wait()?;
    ensure!(
        process::is_interrupted() || ended.success(),
        "the fixture server ended: {ended}"
    );
    println!("The demo has stopped.");
    Ok(())
}

fn serve(server: &Path, page: &Path, port: u16) -> Result<Fixture> {
    // The events are in a file, so that a restarted server still has them.
    let events = paths::build_files().join(format!("demo-{port}.events"));
    let (port, page) = (port.to_string(), page.to_string_lossy());
    let log = format!("file:{}", events.display());
    let mut arguments = vec!["--demo", "--port", &port, "--fault-port", "0"];
    arguments.extend(["--static", &page, "--log", &log]);
    // The page shows that a token in a URL works, and why it should not be there.
    arguments.push("--query-token");
    // The default delay of three seconds is long for a visitor who waits for the recovery.
    arguments.extend(["--retry", "1000"]);
    Fixture::start(server, &arguments, None)
}

/// Fails at once instead of after minutes of compilation.
fn ensure_free(port: u16) -> Result<()> {
    TcpListener::bind(("127.0.0.1", port))
        .map(drop)
        .with_context(|| {
            format!("Port {port} is in use. Stop the program that uses it, or select another port with --port.")
        })
}

/// Builds the page in `www/` from the packed package, and returns the folder to serve.
pub(crate) fn build_page() -> Result<PathBuf> {
    npm::build()?;
    let www = paths::root().join("www");
    node_modules::packages(&www)?;
    let tarball = npm::tarball()?;
    paths::alone("build", || {
        let built = www.join("dist");
        let inputs = fingerprint(&www, &[&tarball])?;
        let stamp = paths::build_files().join("page.stamp");
        if built.is_dir() && read_to_string(&stamp).is_ok_and(|last| last == inputs) {
            return Ok(built);
        }
        step("building the demo page from the packed package", || {
            node_modules::tarball(&www, &tarball)?;
            process::run(node_modules::program(&www, "vite").current_dir(&www).args([
                "build",
                "--logLevel",
                "warn",
            ]))
        })?;
        write(stamp, inputs)?;
        Ok(built)
    })
}
