//! The servers under measurement, each a process of its own.

use std::net::SocketAddr;
use std::path::Path;

use tokio::process::Child;

use crate::process::{Folder, Running, announced, command, free_port, on_port};

/// A running server, and the folder that it works in.
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

    /// The process id, for `/proc` and signals.
    pub(crate) fn id(&self) -> u32 {
        self.running.process.id().expect("it runs")
    }
}

/// This project's server, built in the same mode as this program.
pub(crate) async fn ours(flags: &[&str]) -> Server {
    let own = std::env::current_exe().unwrap();
    let built = own.ancestors().nth(2).unwrap();
    let program = built.join("server-fixture");
    assert!(
        program.exists(),
        "build it first: cargo build --release -p server-fixture"
    );
    let mut command = command(program);
    command
        .args(["--demo", "--jwt-secret", "test", "--port", "0"])
        .args(["--pulse", "0", "--max-connections", "0", "--keep", "10000"])
        .args(flags);
    let running = announced(command).await.expect("the server starts");
    Server {
        running,
        _folder: None,
    }
}

/// The textbook's server; `None` if Node or express is not installed.
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

/// nchan; `None` if nginx or its module is not installed.
pub(crate) async fn nchan() -> Option<Server> {
    let (folder, port) = (Folder::new(), free_port());
    let text = include_str!("../../peers/nchan.conf")
        .replace("@LISTEN@", &format!("127.0.0.1:{port}"))
        .replace("@FOLDER@", folder.0.to_str()?);
    std::fs::write(folder.join("nginx.conf"), text).ok()?;
    let mut command = command("nginx");
    command.arg("-p").arg(&folder.0);
    command.args(["-c", &folder.join("nginx.conf"), "-g", "daemon off;"]);
    Some(Server {
        running: on_port(command, port).await?,
        _folder: Some(folder),
    })
}

/// Redis without a disk; `None` if it is not installed.
pub(crate) async fn redis() -> Option<Server> {
    let (folder, port) = (Folder::new(), free_port());
    let mut command = command("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
    command.args(["--save", "", "--dir"]).arg(&folder.0);
    Some(Server {
        running: on_port(command, port).await?,
        _folder: Some(folder),
    })
}
