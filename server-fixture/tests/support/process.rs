//! Programs that the tests and the measurements start, on free ports, in folders of their own, and
//! stop by their id.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// No program takes as long to start, however slow the machine.
const PATIENCE: Duration = Duration::from_secs(30);

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

/// A command whose process dies with whoever holds it.
pub fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command
        .kill_on_drop(true)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// A program that listens. Dropping it kills it and what it started: nginx would leave its workers
/// behind, and they the port taken.
pub struct Running {
    pub address: SocketAddr,
    pub process: Child,
    group: Option<Pid>,
}

impl Running {
    fn new(address: SocketAddr, process: Child) -> Self {
        let id = process.id().and_then(|id| i32::try_from(id).ok());
        Self {
            address,
            group: id.and_then(Pid::from_raw),
            process,
        }
    }

    /// `kill -9`, and waits until it is gone.
    pub async fn kill(&mut self) {
        self.kill_group();
        self.process.wait().await.unwrap();
    }

    fn kill_group(&mut self) {
        // The only error is that nobody is left.
        let _ = self
            .group
            .take()
            .map(|group| kill_process_group(group, Signal::KILL));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill_group();
    }
}

/// Starts a program that names its address in its first line; `None` if it does not.
pub async fn announced(mut command: Command) -> Option<Running> {
    let mut process = command.stdout(Stdio::piped()).spawn().ok()?;
    let mut lines = BufReader::new(process.stdout.take()?).lines();
    let line = timeout(PATIENCE, lines.next_line()).await.ok()?.ok()??;
    let address = line.strip_prefix("listening on http://")?.parse().ok()?;
    Some(Running::new(address, process))
}

/// Starts a program that was told a port, and waits until it listens there; `None` if it ends
/// before, as it does when somebody else was faster to take the port.
pub async fn on_port(mut command: Command, port: u16) -> Option<Running> {
    let mut process = command.spawn().ok()?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end && process.try_wait().ok()?.is_none() {
        if TcpStream::connect(address).await.is_ok() {
            return Some(Running::new(address, process));
        }
        sleep(Duration::from_millis(20)).await;
    }
    None
}
