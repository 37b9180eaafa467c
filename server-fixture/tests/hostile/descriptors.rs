//! A low limit on file descriptors, and a limit that is reached while the server runs.

use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::support::process::{command, free_port};
use crate::support::servers::Node;
use crate::support::{Seen, soon};
use crate::{Attacked, processor_ticks};

const ALL_HEALTH: [&str; 3] = ["/health/live", "/health/ready", "/metrics"];

#[tokio::test]
async fn health_responds_while_streams_and_connections_use_a_low_limit() {
    let port = free_port();
    for flags in [&[][..], &["--fault-port", &port.to_string()]] {
        let mut command = command("sh");
        command.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]);
        command.arg(env!("CARGO_BIN_EXE_server-fixture"));
        command.args(["--demo", "--jwt-secret", "test", "--port", "0"]);
        command.args(["--metrics-interval", "0"]).args(flags);
        let node = Node::run(command).await.unwrap();
        node.logs("ulimit -n").await;
        let ann = node.client().login("ann", 900).await;
        let (mut streams, mut refused) = (Vec::new(), 0);
        for _ in 0..100 {
            match ann.try_stream("/events").await.unwrap() {
                Some(stream) => streams.push(stream),
                None => refused += 1,
            }
        }
        assert!(streams.len() >= 8, "{} streams", streams.len());
        assert!(refused > 0);
        let mut idle = Vec::new();
        for _ in 0..100 {
            idle.push(soon(TcpStream::connect(node.address())).await.unwrap());
            if !flags.is_empty() {
                let faults = ("127.0.0.1", port);
                idle.push(soon(TcpStream::connect(faults)).await.unwrap());
            }
        }
        for path in ALL_HEALTH {
            assert_eq!(node.client().get(path).await.status, 200, "{path}");
        }
        let log = node.log();
        assert!(!log.contains("was not accepted"), "{log}");
        drop((streams, idle));
        // No restart is needed.
        soon(async { while ann.try_stream("/events").await.unwrap().is_none() {} }).await;
    }
}

/// Limits the descriptors of a running server.
fn limit_descriptors(node: &Node, current: u64) {
    let id = Pid::from_raw(node.id().cast_signed());
    let limit = Rlimit {
        current: Some(current),
        maximum: Some(20_000),
    };
    prlimit(id, Resource::Nofile, limit).unwrap();
}

#[tokio::test]
async fn server_without_descriptors_keeps_its_streams_and_recovers() {
    let port = free_port().to_string();
    let flags = ["--heartbeat", "0.2", "--fault-port", &port];
    let mut attacked = Attacked::start(&flags).await;
    limit_descriptors(&attacked.node, 5);
    let faults = format!("127.0.0.1:{port}");
    let waiting = TcpStream::connect(attacked.node.address()).await.unwrap();
    let also_waiting = TcpStream::connect(&faults).await.unwrap();
    let before = processor_ticks(&attacked.node);
    for _ in 0..10 {
        while !matches!(attacked.stream.next().await, Some(Seen::Comment(_))) {}
    }
    sleep(Duration::from_secs(1)).await;
    let used = processor_ticks(&attacked.node) - before;
    assert!(used < 100, "{used} ticks in 3 s");
    let log = attacked.node.log();
    let lines = log.matches("was not accepted").count();
    assert!((1..=4).contains(&lines), "{lines} lines: {log}");
    limit_descriptors(&attacked.node, 20_000);
    for path in ALL_HEALTH {
        assert_eq!(attacked.node.client().get(path).await.status, 200, "{path}");
    }
    drop((waiting, also_waiting));
    attacked.survived("no descriptors").await;
}
