//! The servers under measurement, each a process of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

/// A running server; killed when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) process: Child,
    folder: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn folder() -> PathBuf {
    let name = format!("load-{}-{:x}", std::process::id(), fastrand::u64(..));
    let path = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// Reads the address from the first line on stdout.
async fn announced(mut command: Command, folder: PathBuf) -> Option<Server> {
    let mut process = command.spawn().ok()?;
    let mut lines = BufReader::new(process.stdout.take()?).lines();
    let line = lines.next_line().await.ok()??;
    let address = line.strip_prefix("listening on http://")?.parse().ok()?;
    Some(Server {
        address,
        process,
        folder,
    })
}

/// Waits until a server on a chosen port listens.
async fn listening(mut command: Command, port: u16, folder: PathBuf) -> Option<Server> {
    let mut process = command.spawn().ok()?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    for _ in 0..250 {
        if process.try_wait().ok()?.is_some() {
            return None;
        }
        if TcpStream::connect(address).await.is_ok() {
            return Some(Server {
                address,
                process,
                folder,
            });
        }
        sleep(Duration::from_millis(20)).await;
    }
    None
}

/// This project's server, built in the same mode as this program.
pub(crate) async fn ours(flags: &[&str]) -> Server {
    let own = std::env::current_exe().unwrap();
    let program = own
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("server-fixture");
    assert!(
        program.exists(),
        "build it first: cargo build --release -p server-fixture"
    );
    let mut command = command(program);
    command.args([
        "--demo",
        "--jwt-secret",
        "test",
        "--port",
        "0",
        "--pulse",
        "0",
    ]);
    command
        .args(["--max-connections", "0", "--keep", "10000"])
        .args(flags);
    announced(command, folder())
        .await
        .expect("the server starts")
}

/// The textbook's server; `None` if Node or express is not installed.
pub(crate) async fn express() -> Option<Server> {
    let mut command = command("node");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/express.js");
    command
        .arg(script)
        .env("PORT", "0")
        .env("NODE_ENV", "production");
    announced(command, folder()).await
}

/// nchan; `None` if nginx or its module is not installed.
pub(crate) async fn nchan() -> Option<Server> {
    let (folder, port) = (folder(), free_port());
    let text = include_str!("../../peers/nchan.conf")
        .replace("@LISTEN@", &format!("127.0.0.1:{port}"))
        .replace("@FOLDER@", folder.to_str()?);
    let path = folder.join("nginx.conf");
    std::fs::write(&path, text).ok()?;
    let mut command = command("nginx");
    command
        .arg("-p")
        .arg(&folder)
        .arg("-c")
        .arg(path)
        .args(["-g", "daemon off;"]);
    listening(command, port, folder).await
}

/// Redis without a disk; `None` if it is not installed.
pub(crate) async fn redis() -> Option<Server> {
    let (folder, port) = (folder(), free_port());
    let mut command = command("redis-server");
    command.args([
        "--port",
        &port.to_string(),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
    ]);
    command.arg("--dir").arg(&folder);
    listening(command, port, folder).await
}
