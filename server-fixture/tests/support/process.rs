//! Starts the programs of the tests and benchmarks on free ports and in temporary folders, and stops
//! each by its process id.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// The time limit for the start of a program, even on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A temporary folder. Dropping it removes the folder.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    /// Creates the folder in memory if the system has a file system for that. A busy disk then does not
    /// delay the tests.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() {
            Self::within(memory)
        } else {
            Self::new()
        }
    }

    fn within(parent: &Path) -> Self {
        let name = format!(
            "server-fixture-{}-{:x}",
            std::process::id(),
            fastrand::u64(..)
        );
        let path = parent.join(name);
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

/// Returns a free port. The port is unique in this process, because another caller may not listen yet.
/// It is below the range for outgoing connections, because one of them could take it meanwhile.
pub fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(fastrand::u16(..)));
    std::iter::repeat_with(|| 10_240 + NEXT.fetch_add(1, Ordering::Relaxed) % 21_760)
        .take(1000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one port in a thousand is free")
}

/// Calls `start` with a free port. Another process may take the port first. It then tries another
/// port.
pub async fn on_free_port<T, E>(start: impl AsyncFn(u16) -> Result<T, E>) -> Result<T, E> {
    for _ in 1..10 {
        if let Ok(started) = start(free_port()).await {
            return Ok(started);
        }
    }
    start(free_port()).await
}

/// Returns a command whose process is killed when its handle is dropped.
pub fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// A program that listens. Dropping it kills the program and its children.
pub struct Running {
    pub address: SocketAddr,
    pub process: Child,
}

impl Running {
    /// Sends SIGTERM and waits for the end of the process.
    pub async fn terminate(&mut self) -> ExitStatus {
        let id = self.process.id().expect("it runs");
        let id = Pid::from_raw(id.cast_signed()).expect("ids are not zero");
        kill_process(id, Signal::TERM).unwrap();
        timeout(PATIENCE, self.process.wait())
            .await
            .expect("the process ends in time")
            .unwrap()
    }

    /// Kills the program with `kill -9` and waits for its end.
    pub async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The workers of nginx survive their parent and keep its port. They stay in this process
        // group, so that Ctrl-C reaches them too.
        let children = self.process.id().map_or_else(Vec::new, children_of);
        // These calls fail only if the process has already ended.
        let _ = self.process.start_kill();
        for child in children {
            let _ = kill_process(child, Signal::KILL);
        }
    }
}

/// Returns the children of a process, if the system provides them.
fn children_of(id: u32) -> Vec<Pid> {
    let list = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let list = list.unwrap_or_default();
    let ids = list.split_whitespace().filter_map(|id| id.parse().ok());
    ids.filter_map(Pid::from_raw).collect()
}

/// Starts a program that prints its address in its first line. Returns `None` if it does not.
pub async fn announced(mut command: Command) -> Option<Running> {
    let mut process = command.stdout(Stdio::piped()).spawn().ok()?;
    let mut lines = BufReader::new(process.stdout.take()?).lines();
    let line = timeout(PATIENCE, lines.next_line()).await.ok()?.ok()??;
    let address = line.strip_prefix("listening on http://")?.parse().ok()?;
    Some(Running { address, process })
}

/// Starts a program with a given port, and waits until it listens. Returns `None` if the program ends
/// first, because another process has taken the port.
pub async fn on_port(mut command: Command, port: u16) -> Option<Running> {
    let mut process = command.spawn().ok()?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end && process.try_wait().ok()?.is_none() {
        if TcpStream::connect(address).await.is_ok() {
            return Some(Running { address, process });
        }
        sleep(Duration::from_millis(20)).await;
    }
    None
}
