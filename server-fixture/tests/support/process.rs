//! Programs that the tests start, on free ports, in folders of their own, and stop by their id.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use super::{Client, soon};

/// A folder that is removed with its owner.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        let name = format!(
            "server-fixture-{}-{:x}",
            std::process::id(),
            fastrand::u64(..)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn join(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A port that was free a moment ago. Below those that the system gives to outgoing connections:
/// one of the thousands that the tests make would sooner or later take it in the meantime.
pub fn free_port() -> u16 {
    std::iter::repeat_with(|| fastrand::u16(10_240..32_000))
        .take(1000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one port in a thousand is free")
}

/// A command whose process dies with the test.
pub fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Waits until something listens at `address`.
pub async fn listening(address: SocketAddr) {
    soon(async {
        while TcpStream::connect(address).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// The server's own program.
pub struct Node {
    pub address: SocketAddr,
    pub process: Child,
}

impl Node {
    /// Starts it in demo mode, quiet, with `flags`, and waits for its first line.
    pub async fn start(flags: &[&str]) -> Self {
        Self::start_with(&["--port", "0", "--pulse", "0"], flags).await
    }

    /// Starts it in demo mode.
    pub async fn start_with(port: &[&str], flags: &[&str]) -> Self {
        let mut command = command(env!("CARGO_BIN_EXE_server-fixture"));
        command
            .args(["--demo", "--jwt-secret", "test"])
            .args(port)
            .args(flags);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = soon(lines.next_line())
            .await
            .unwrap()
            .expect("the server starts");
        let address = line
            .strip_prefix("listening on http://")
            .unwrap()
            .parse()
            .unwrap();
        Self { address, process }
    }

    pub fn client(&self) -> Client {
        Client::to(self.address)
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}

/// A Redis of the test's own, which keeps its data over restarts.
pub struct Redis {
    folder: Folder,
    port: u16,
    process: Child,
}

fn spawn(folder: &Folder, port: u16) -> Child {
    let mut command = command("redis-server");
    command.args([
        "--port",
        &port.to_string(),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
    ]);
    command.args(["--appendonly", "yes", "--dir", folder.0.to_str().unwrap()]);
    command.spawn().expect("redis-server is installed")
}

impl Redis {
    pub async fn start() -> Self {
        // The port may be taken between looking and starting: then look again.
        for _ in 0..10 {
            let (folder, port) = (Folder::new(), free_port());
            let process = spawn(&folder, port);
            let mut redis = Self {
                folder,
                port,
                process,
            };
            if redis.is_up().await {
                return redis;
            }
        }
        panic!("redis-server does not stay up");
    }

    async fn is_up(&mut self) -> bool {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        for _ in 0..500 {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(address).await.is_ok() {
                return true;
            }
            sleep(Duration::from_millis(20)).await;
        }
        false
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Loses everything, while it is down.
    pub fn forget(&self) {
        std::fs::remove_dir_all(&self.folder.0).unwrap();
        std::fs::create_dir(&self.folder.0).unwrap();
    }

    /// Starts it again, on the same port and data.
    pub async fn restart(&mut self) {
        self.process = spawn(&self.folder, self.port);
        assert!(self.is_up().await, "redis-server comes back");
    }
}
