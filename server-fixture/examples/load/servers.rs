//! Starts the servers to measure, each in its own process.

use std::net::SocketAddr;
use std::path::Path;

use tokio::process::Child;

use crate::process::{Folder, Running, announced, command, free_port, on_port};

/// A running server and its working folder.
pub(crate) struct Server {
    running: Running,
    _folder: Option<Folder>,
}

impl Server {
    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address
    }

    pub(crate) fn process(&mut self) -> &mut Child {
        &mut self.running.process
    }

    /// Returns the process id, for `/proc` and signals.
    pub(crate) fn id(&self) -> u32 {
        self.running.process.id().expect("it runs")
    }
}

/// Builds this project's server with the same profile as this program.
pub(crate) fn build() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = std::process::Command::new(cargo);
    build.args(["build", "--package", "server-fixture"]);
    // Build the server together with this example, whose dependencies are already built. Alone it
    // would have other features, and build scripts would run again because of changed variables.
    build.args(["--bin", "server-fixture", "--example", "load"]);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            build.env_remove(&name);
        }
    }
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let status = build.current_dir(env!("CARGO_MANIFEST_DIR")).status();
    assert!(status.unwrap().success(), "the server does not compile");
}

/// Installs the dependencies of the textbook's server, once. Without them the peer is skipped.
pub(crate) fn install_express() {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    if peers.join("node_modules").is_dir() {
        return;
    }
    let mut npm = std::process::Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"])
        // stdout is the report.
        .stdout(std::process::Stdio::null())
        .current_dir(peers);
    if !npm.status().is_ok_and(|status| status.success()) {
        eprintln!("npm ci failed: Express is left out");
    }
}

/// Starts this project's server.
pub(crate) async fn ours(flags: &[&str]) -> Server {
    let own = std::env::current_exe().unwrap();
    let built = own.ancestors().nth(2).unwrap();
    let mut command = command(built.join("server-fixture"));
    command
        .args(["--demo", "--jwt-secret", "test", "--port", "0"])
        .args([
            "--metrics-interval",
            "0",
            "--max-connections",
            "0",
            "--keep",
            "10000",
        ])
        .args(flags);
    let running = announced(command).await.expect("the server starts");
    Server {
        running,
        _folder: None,
    }
}

/// Starts the textbook's server. Returns `None` if Node or Express is not installed.
pub(crate) async fn express() -> Option<Server> {
    let mut command = command("node");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/express.js");
    command
        .arg(script)
        .env("PORT", "0")
        .env("NODE_ENV", "production");
    Some(Server {
        running: announced(command).await?,
        _folder: None,
    })
}

/// Starts nchan. Returns `None` if nginx or its module is not installed.
pub(crate) async fn nchan() -> Option<Server> {
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let text = include_str!("../../peers/nchan.conf").replace("@LISTEN@", &listen);
    nginx(&text, port).await
}

/// Starts Redis without persistence. Returns `None` if Redis is not installed.
pub(crate) async fn redis() -> Option<Server> {
    start_redis(&["--save", ""]).await
}

/// Starts Redis that syncs its file `always`, `everysec`, or never (`no`).
pub(crate) async fn redis_with(durability: &str) -> Option<Server> {
    let appends = if durability == "no" { "no" } else { "yes" };
    let flags = [
        "--save",
        "",
        "--appendonly",
        appends,
        "--appendfsync",
        durability,
    ];
    start_redis(&flags).await
}

async fn start_redis(flags: &[&str]) -> Option<Server> {
    let (folder, port) = (Folder::new(), free_port());
    let mut command = command("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
    command.args(flags).arg("--dir").arg(&folder.0);
    Some(Server {
        running: on_port(command, port).await?,
        _folder: Some(folder),
    })
}

/// Starts nginx with the corrected configuration in front of one node. Returns `None` if nginx is not
/// installed.
pub(crate) async fn edge(node: SocketAddr, is_http2: bool) -> Option<Server> {
    let port = free_port();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let listen = format!("{address}{}", if is_http2 { " http2" } else { "" });
    let mut text = include_str!("../../proxies/corrected.nginx.conf").replace("@LISTEN@", &listen);
    for number in 1..=3 {
        text = text.replace(&format!("@NODE_{number}@"), &node.to_string());
    }
    nginx(&text, port).await
}

async fn nginx(text: &str, port: u16) -> Option<Server> {
    let folder = Folder::new();
    let text = text.replace("@FOLDER@", folder.0.to_str()?);
    std::fs::write(folder.join("nginx.conf"), text).ok()?;
    let mut command = command("nginx");
    command.arg("-p").arg(&folder.0);
    command.args(["-c", &folder.join("nginx.conf"), "-g", "daemon off;"]);
    Some(Server {
        running: on_port(command, port).await?,
        _folder: Some(folder),
    })
}
