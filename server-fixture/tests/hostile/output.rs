//! Attacks on stdout and stderr: pipes that nobody reads, closed pipes and full disks. The server's log
//! must never delay or stop the server.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::Stdio;

use rustix::pipe::{PipeFlags, pipe_with};
use tokio::process::Command;

use crate::support::process::{Running, announced, command, free_port, on_port};
use crate::support::servers::Node;
use crate::support::{Client, soon};

fn server(port: u16) -> Command {
    let mut command = command(env!("CARGO_BIN_EXE_server-fixture"));
    command.args(["--demo", "--jwt-secret", "test", "--metrics-interval", "0"]);
    command.args(["--port", &port.to_string()]);
    command
}

/// Returns both ends of a pipe that has no room.
fn full_pipe() -> (OwnedFd, OwnedFd) {
    let (read, write) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).unwrap();
    while rustix::io::write(&write, &[b'\n'; 4096]).is_ok() {}
    while rustix::io::write(&write, b"\n").is_ok() {}
    rustix::fs::fcntl_setfl(&write, rustix::fs::OFlags::empty()).unwrap();
    (read, write)
}

/// Makes the server log `count` lines of `length` bytes.
async fn fill_log(client: &Client, count: usize, length: usize) {
    let path = format!("/{}", "x".repeat(length));
    for _ in 0..count {
        assert_eq!(client.get(&path).await.status, 404);
    }
}

async fn serves(client: &Client) {
    let ann = client.login("ann", 900).await;
    let mut stream = ann.open("/events").await;
    let id = ann.publish("update", "still here").await;
    assert_eq!(stream.until("update").await.id, Some(id));
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
}

async fn lost_lines(client: &Client) -> u64 {
    let metrics = client.get("/metrics").await.text();
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| line.strip_prefix("sse_log_lines_lost_total "));
    value.unwrap().parse().unwrap()
}

async fn terminate(running: &mut Running) {
    assert!(running.terminate().await.success());
}

#[tokio::test]
async fn stderr_that_nobody_reads_delays_nothing_and_lost_lines_are_reported() {
    let mut command = server(0);
    command.stderr(Stdio::piped());
    let mut running = announced(command).await.expect("the server starts");
    let client = Client::to(running.address);
    fill_log(&client, 300, 200).await;
    serves(&client).await;
    // More than the queue of the log holds.
    fill_log(&client, 1200, 300).await;
    serves(&client).await;
    let lost = lost_lines(&client).await;
    assert!(lost > 0);
    let stderr = running.process.stderr.take().unwrap();
    let mut stderr = std::fs::File::from(stderr.into_owned_fd().unwrap());
    let reading = tokio::task::spawn_blocking(move || {
        let (mut text, mut block) = (String::new(), vec![0; 64 * 1024]);
        while !text.contains(" lines of this log were lost") {
            let count = stderr.read(&mut block).unwrap();
            assert!(count > 0, "the log ended");
            text.push_str(&String::from_utf8_lossy(&block[..count]));
        }
        (text, stderr)
    });
    let (text, stderr) = soon(reading).await.unwrap();
    assert!(text.lines().rev().skip(1).all(|line| !line.is_empty()));
    serves(&client).await;
    // The pipe fills again, and must not delay the exit.
    fill_log(&client, 1200, 300).await;
    terminate(&mut running).await;
    drop(stderr);
}

#[tokio::test]
async fn server_starts_serves_and_ends_with_full_pipes_as_stdout_and_stderr() {
    let (read, write) = full_pipe();
    let port = free_port();
    let mut command = server(port);
    command.stdout(write.try_clone().unwrap()).stderr(write);
    let mut running = on_port(command, port).await.expect("the server starts");
    serves(&Client::to(running.address)).await;
    terminate(&mut running).await;
    drop(read);
}

#[tokio::test]
async fn error_at_the_start_ends_the_process_even_if_stderr_is_a_full_pipe() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (read, write) = full_pipe();
    let mut command = server(taken.local_addr().unwrap().port());
    command.stderr(write);
    let mut process = command.spawn().unwrap();
    assert_eq!(soon(process.wait()).await.unwrap().code(), Some(1));
    drop(read);
}

#[tokio::test]
async fn server_serves_and_ends_with_closed_stdout_and_stderr() {
    for redirection in [
        ">&-",
        "2>&-",
        ">&- 2>&-",
        "<&- >&- 2>&-",
        ">/dev/full 2>/dev/full",
    ] {
        let port = free_port();
        let mut command = command("sh");
        command.args(["-c", &format!("exec \"$0\" \"$@\" {redirection}")]);
        command.arg(env!("CARGO_BIN_EXE_server-fixture"));
        command.args(["--demo", "--jwt-secret", "test", "--metrics-interval", "0"]);
        command.args(["--port", &port.to_string()]);
        let mut running = on_port(command, port).await.expect("the server starts");
        let client = Client::to(running.address);
        serves(&client).await;
        if redirection.contains("full") {
            soon(async { while lost_lines(&client).await == 0 {} }).await;
        }
        terminate(&mut running).await;
    }
}

#[tokio::test]
async fn log_in_a_file_continues_with_whole_lines_after_the_disk_was_full() {
    let node = Node::start_with_file_size_limits(&[]).await;
    let client = node.client();
    fill_log(&client, 5, 200).await;
    soon(async { while node.log().matches("request").count() < 5 {} }).await;
    // The next line does not fit.
    node.limit_file_size(Some(node.log().len() as u64 + 100));
    fill_log(&client, 50, 200).await;
    soon(async { while lost_lines(&client).await < 50 {} }).await;
    serves(&client).await;
    node.limit_file_size(None);
    fill_log(&client, 1, 200).await;
    node.logs(" lines of this log were lost").await;
    // A line that was cut ends before the next line begins.
    let lines = node.log();
    assert!(
        lines.lines().all(|line| line.matches("Z ").count() == 1),
        "{lines}"
    );
}

#[tokio::test]
async fn log_line_of_a_request_is_short_whatever_its_path_is() {
    let node = Node::start(&[]).await;
    fill_log(&node.client(), 1, 14_000).await;
    node.logs("xxx").await;
    assert!(node.log().len() < 1000, "{} bytes", node.log().len());
}
