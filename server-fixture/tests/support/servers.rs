//! Starts the servers of the tests: this server as a program, and Redis.

use std::fs::File;
use std::net::SocketAddr;
use std::process::ExitStatus;

use redis::AsyncConnectionConfig;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use tokio::process::Command;

use super::process::{Folder, Running, announced, command, on_free_port, on_port};
use super::{Client, PATIENCE, soon};

/// This server as a program.
pub struct Node {
    running: Running,
    /// The folder of its log on stderr.
    folder: Folder,
}

impl Node {
    /// Starts the server in demo mode without metrics events, and waits for its first line.
    pub async fn start(flags: &[&str]) -> Self {
        let started = Self::try_start(&["--port", "0", "--metrics-interval", "0"], flags).await;
        started.unwrap_or_else(|log| panic!("the server does not start: {log}"))
    }

    /// Starts the server, or returns its error. Another process may have taken the port.
    pub async fn try_start(port: &[&str], flags: &[&str]) -> Result<Self, String> {
        let mut command = command(env!("CARGO_BIN_EXE_server-fixture"));
        command.args(["--demo", "--jwt-secret", "test"]);
        command.args(port).args(flags);
        Self::run(command).await
    }

    /// Starts a server whose writes beyond a file size limit fail, instead of ending the process.
    pub async fn start_with_file_size_limits(flags: &[&str]) -> Self {
        let mut command = command("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
        command.arg(env!("CARGO_BIN_EXE_server-fixture"));
        command.args(["--demo", "--jwt-secret", "test", "--port", "0"]);
        command.args(["--metrics-interval", "0"]).args(flags);
        let started = Self::run(command).await;
        started.unwrap_or_else(|log| panic!("the server does not start: {log}"))
    }

    /// Starts a command that runs the server.
    pub async fn run(mut command: Command) -> Result<Self, String> {
        let folder = Folder::new();
        let log = folder.join("log");
        command.stderr(File::create(&log).unwrap());
        match announced(command).await {
            Some(running) => Ok(Self { running, folder }),
            None => Err(std::fs::read_to_string(&log).unwrap()),
        }
    }

    /// Returns the log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// Waits until the log contains a text. A thread of its own writes the log.
    pub async fn logs(&self, text: &str) {
        soon(async {
            while !self.log().contains(text) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Limits the size of files that the server writes. `None` removes the limit.
    pub fn limit_file_size(&self, bytes: Option<u64>) {
        let id = Pid::from_raw(self.id().cast_signed());
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(id, Resource::Fsize, limit).unwrap();
    }

    /// Stops the process with SIGSTOP, so that it reads nothing. Waits until every thread has stopped.
    pub async fn hang(&self) {
        send(&self.running, Signal::STOP);
        soon(async {
            while !are_all_threads_stopped(self.id()) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    pub fn go_on(&self) {
        send(&self.running, Signal::CONT);
    }

    pub fn address(&self) -> SocketAddr {
        self.running.address
    }

    pub fn client(&self) -> Client {
        Client::to(self.running.address)
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.running.process.id().expect("it runs")
    }

    /// Sends SIGTERM and waits for the end of the process.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.running.terminate().await
    }

    /// Kills the process with `kill -9`.
    pub async fn kill(mut self) {
        self.running.kill().await;
    }
}

/// Returns whether all threads are in the state `T`. A system without `/proc` counts as stopped.
fn are_all_threads_stopped(id: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{id}/task")) else {
        return true;
    };
    let state = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("stat"));
    let mut states = threads.flatten().flat_map(state);
    states.all(|state| state.contains(") T "))
}

fn send(running: &Running, signal: Signal) {
    let id = running.process.id().expect("it runs");
    let id = Pid::from_raw(id.cast_signed()).expect("ids are not zero");
    kill_process(id, signal).unwrap();
}

/// A Redis for one test. It keeps its data when it restarts.
pub struct Redis {
    folder: Folder,
    settings: Vec<String>,
    running: Running,
}

async fn spawn(folder: &Folder, settings: &[String], port: u16) -> Result<Running, &'static str> {
    let mut command = command("redis-server");
    let port_text = port.to_string();
    command.args(["--port", &port_text, "--bind", "127.0.0.1", "--save", ""]);
    command
        .args(["--appendonly", "yes", "--dir"])
        .arg(&folder.0)
        .args(settings);
    let running = on_port(command, port).await;
    running.ok_or("redis-server is not installed, or does not stay up")
}

impl Redis {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts Redis with these command line options.
    pub async fn start_with(settings: &[&str]) -> Self {
        let settings: Vec<_> = settings.iter().map(|&setting| setting.to_owned()).collect();
        // Redis does not respond while it waits for the disk, and a node closes the connection after two
        // seconds.
        let folder = Folder::in_memory();
        let started = on_free_port(async |port| spawn(&folder, &settings, port).await).await;
        Self {
            running: started.unwrap_or_else(|why| panic!("{why}")),
            folder,
            settings,
        }
    }

    pub fn url(&self) -> String {
        format!("redis://{}/", self.running.address)
    }

    pub fn port(&self) -> u16 {
        self.running.address.port()
    }

    /// Sends a command and returns the reply.
    pub async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        // The default timeout of the library is half a second. A busy disk can take longer.
        let patient = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connection = client.get_multiplexed_async_connection_with_config(&patient);
        let mut connection = connection.await.unwrap();
        let (name, arguments) = words.split_first().unwrap();
        let mut command = redis::cmd(name);
        command.arg(arguments);
        command.query_async(&mut connection).await.unwrap()
    }

    /// Stops the process with SIGSTOP, so that Redis accepts data and does not respond.
    pub fn hang(&self) {
        send(&self.running, Signal::STOP);
    }

    pub fn go_on(&self) {
        send(&self.running, Signal::CONT);
    }

    /// Returns the folder of its data.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder.0
    }

    /// Kills the process with `kill -9`.
    pub async fn kill(&mut self) {
        self.running.kill().await;
    }

    /// Deletes all data. Redis must be down.
    pub fn forget(&self) {
        std::fs::remove_dir_all(&self.folder.0).unwrap();
        std::fs::create_dir(&self.folder.0).unwrap();
    }

    /// Starts Redis again with the same port and data.
    pub async fn restart(&mut self) {
        let again = spawn(&self.folder, &self.settings, self.port()).await;
        self.running = again.expect("it comes back");
    }
}
