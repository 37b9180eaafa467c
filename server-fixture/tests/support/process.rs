//! Programs that the tests and the measurements start, on free ports, in folders of their own, and
//! stop by their id.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
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
        Self::within(&std::env::temp_dir())
    }

    /// In memory, where the system has a place for that. It outlives the processes that are killed,
    /// and a disk that is busy with something else holds nobody up.
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

/// A port that was free a moment ago, and that nobody else in this process was given: whoever was may
/// not listen there yet. Below those that the system gives to outgoing connections: one of the
/// thousands that the tests make would sooner or later take it in the meantime.
pub fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(fastrand::u16(..)));
    std::iter::repeat_with(|| 10_240 + NEXT.fetch_add(1, Ordering::Relaxed) % 21_760)
        .take(1000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one port in a thousand is free")
}

/// What `start` starts on a free port. Somebody else may take it between looking and starting: then
/// it looks again.
pub async fn on_free_port<T, E>(start: impl AsyncFn(u16) -> Result<T, E>) -> Result<T, E> {
    for _ in 1..10 {
        if let Ok(started) = start(free_port()).await {
            return Ok(started);
        }
    }
    start(free_port()).await
}

/// A command whose process dies with whoever holds it.
pub fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// A program that listens. Dropping it kills it and what it started.
pub struct Running {
    pub address: SocketAddr,
    pub process: Child,
}

impl Running {
    /// `kill -9`, and waits until it is gone.
    pub async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // nginx alone would leave its workers behind, and they its port taken. They stay in our
        // process group, so that whoever interrupts the tests reaches them too.
        let children = self.process.id().map_or_else(Vec::new, children_of);
        // The only error of these is that nobody is left.
        let _ = self.process.start_kill();
        for child in children {
            let _ = kill_process(child, Signal::KILL);
        }
    }
}

/// The processes that this one has started, where the system tells.
fn children_of(id: u32) -> Vec<Pid> {
    let list = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let list = list.unwrap_or_default();
    let ids = list.split_whitespace().filter_map(|id| id.parse().ok());
    ids.filter_map(Pid::from_raw).collect()
}

/// Starts a program that names its address in its first line; `None` if it does not.
pub async fn announced(mut command: Command) -> Option<Running> {
    let mut process = command.stdout(Stdio::piped()).spawn().ok()?;
    let mut lines = BufReader::new(process.stdout.take()?).lines();
    let line = timeout(PATIENCE, lines.next_line()).await.ok()?.ok()??;
    let address = line.strip_prefix("listening on http://")?.parse().ok()?;
    Some(Running { address, process })
}

/// Starts a program that was told a port, and waits until it listens there; `None` if it ends
/// before, as it does when somebody else was faster to take the port.
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
