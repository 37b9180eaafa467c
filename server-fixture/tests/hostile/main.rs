//! Attacks on the server. Each attacker is rejected or disconnected in time, memory stays bounded, and
//! an honest client still receives its events. The server runs as its own process, so that the tests
//! can measure its memory.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

mod addresses;
mod clock;
mod creating;
mod descriptors;
mod fault_port;
mod files;
mod memory;
mod output;
mod secrets;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use support::process::Folder;
use support::servers::Node;
use support::{Client, Stream, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// The growth of memory that is allowed during an attack. Allocators do not return all memory.
const MOST: u64 = 48 << 20;
/// The longest delay of an event for the honest client, on a machine that runs all tests at once.
const SOON: Duration = Duration::from_secs(5);

/// A server under attack, and an honest client.
struct Attacked {
    node: Node,
    ann: Client,
    stream: Stream,
    before: u64,
}

impl Attacked {
    async fn start(flags: &[&str]) -> Self {
        let node = Node::start(flags).await;
        let ann = node.client().login("ann", 900).await;
        let stream = ann.open("/events").await;
        let before = resident(&node);
        Self {
            node,
            ann,
            stream,
            before,
        }
    }

    async fn socket(&self) -> TcpStream {
        TcpStream::connect(self.node.address()).await.unwrap()
    }

    /// Checks that the honest client can publish, and receives the event in time, and that all health
    /// endpoints respond.
    async fn serves_others(&mut self) {
        let begin = Instant::now();
        let id = self.ann.publish("update", "still here").await;
        while self.stream.until("update").await.id.as_ref() != Some(&id) {}
        assert!(begin.elapsed() < SOON, "after {:?}", begin.elapsed());
        for path in ["/health/live", "/health/ready", "/metrics"] {
            let status = self.node.client().get(path).await.status;
            assert_eq!(status, 200, "{path}");
        }
    }

    /// Returns the longest time that an event takes to the honest client while the attack lasts.
    async fn slowest_event(&mut self) -> Duration {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let begin = Instant::now();
            let id = self.ann.publish("update", "still here").await;
            while self.stream.until("update").await.id.as_ref() != Some(&id) {}
            slowest = slowest.max(begin.elapsed());
            self.serves_others().await;
        }
        slowest
    }

    /// Checks that the attack has left no connections and no memory behind.
    async fn survived(mut self, attack: &str) {
        self.serves_others().await;
        let grown = resident(&self.node).saturating_sub(self.before);
        println!("{attack}: {} KiB more", grown / 1024);
        assert!(grown < MOST, "{attack}: {grown} bytes more");
    }
}

/// Returns the resident memory of the server in bytes.
fn resident(node: &Node) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", node.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: u64 = line
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap();
    kib * 1024
}

/// Returns the processor time of the server in ticks of 10 ms.
fn processor_ticks(node: &Node) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", node.id())).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Sends all bytes, or as many as the server reads.
async fn send(socket: &mut TcpStream, bytes: &[u8]) {
    let _ = socket.write_all(bytes).await;
}

#[tokio::test]
async fn slow_request_headers_are_closed_at_the_header_timeout() {
    let mut attacked = Attacked::start(&["--header-timeout", "2"]).await;
    let mut attackers = JoinSet::new();
    for _ in 0..500 {
        let mut socket = attacked.socket().await;
        attackers.spawn(async move {
            // The header is never complete, so a timeout per byte would not help.
            while socket.write_all(b"x").await.is_ok() {
                sleep(Duration::from_millis(200)).await;
            }
        });
    }
    attacked.serves_others().await;
    soon(attackers.join_all()).await;
    attacked.survived("500 slow headers").await;
}

#[tokio::test]
async fn missing_and_slow_request_bodies_are_closed_at_the_request_timeout() {
    let mut attacked = Attacked::start(&["--request-timeout", "1"]).await;
    let mut attackers = JoinSet::new();
    for attacker in 0..200 {
        let mut socket = attacked.socket().await;
        attackers.spawn(async move {
            let head = "POST /login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n";
            send(&mut socket, head.as_bytes()).await;
            let (mut read, mut write) = socket.into_split();
            if attacker % 2 == 0 {
                tokio::spawn(async move {
                    while write.write_all(b"x").await.is_ok() {
                        sleep(Duration::from_millis(100)).await;
                    }
                });
            }
            let mut answer = Vec::new();
            // A reset is also an end.
            let _ = read.read_to_end(&mut answer).await;
            String::from_utf8_lossy(&answer).into_owned()
        });
    }
    attacked.serves_others().await;
    for answer in soon(attackers.join_all()).await {
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    attacked.survived("200 bodies that never come").await;
}

#[tokio::test]
async fn clients_that_never_read_use_no_memory_for_unread_events() {
    let flags = ["--write-deadline", "2", "--max-connections", "0"];
    let mut attacked = Attacked::start(&flags).await;
    let token = attacked.ann.token("eve", 900).await;
    let request =
        format!("GET /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    let mut attackers = Vec::new();
    for _ in 0..100 {
        let mut socket = attacked.socket().await;
        send(&mut socket, request.as_bytes()).await;
        attackers.push(socket);
    }
    // Nine megabytes for each of a hundred clients. One queue per client would need a gigabyte.
    let data = "x".repeat(60_000);
    for _ in 0..150 {
        attacked.ann.publish("update", &data).await;
        attacked.stream.until("update").await;
    }
    attacked.survived("100 clients that never read").await;
}

#[tokio::test]
async fn oversized_request_head_is_rejected() {
    let attacked = Attacked::start(&[]).await;
    let many: String = (0..100_000).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let long = format!("x: {}\r\n", "x".repeat(10 << 20));
    let path = format!("/{}", "x".repeat(10 << 20));
    let heads = [
        ("100,000 headers", format!("GET / HTTP/1.1\r\n{many}\r\n")),
        (
            "a header of 10 MiB",
            format!("GET / HTTP/1.1\r\n{long}\r\n"),
        ),
        ("a path of 10 MiB", format!("GET {path} HTTP/1.1\r\n\r\n")),
    ];
    for (what, head) in heads {
        let mut socket = attacked.socket().await;
        let (mut read, mut write) = socket.split();
        let mut answer = Vec::new();
        // Write and read concurrently: the server responds before it has read all bytes.
        let (_, _) = soon(async {
            tokio::join!(
                write.write_all(head.as_bytes()),
                read.read_to_end(&mut answer)
            )
        })
        .await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.starts_with("HTTP/1.1 2"), "{what}: {answer}");
    }
    attacked.survived("heads without measure").await;
}

#[tokio::test]
async fn oversized_cursor_is_a_gap_that_quotes_its_beginning() {
    let attacked = Attacked::start(&[]).await;
    attacked.ann.publish("update", "kept").await;
    let huge = "7".repeat(15_000);
    let hostile = [
        attacked.ann.clone().with("last-event-id", &huge),
        attacked
            .ann
            .clone()
            .with("last-event-id", "18446744073709551616-1"),
        attacked.ann.clone().with("last-event-id", "1-1-1"),
        attacked.ann.clone().with("last-event-id", "-1"),
    ];
    for client in hostile {
        let gap = client.stream("/events").await.event().await;
        assert_eq!(gap.event_type, "gap");
        assert_eq!(gap.json()["reason"], "malformed");
        assert!(gap.data.len() < 300, "{} bytes", gap.data.len());
    }
    let by_query = format!("/events?last_event_id={huge}");
    let gap = attacked.ann.stream(&by_query).await.event().await;
    assert_eq!(gap.json()["reason"], "malformed");
    attacked.survived("cursors of 15 KB").await;
}

#[tokio::test]
async fn cursor_above_the_limit_of_a_head_is_refused() {
    let attacked = Attacked::start(&[]).await;
    let huge = "7".repeat(17_000);
    let by_header = attacked.ann.clone().with("last-event-id", &huge);
    assert_eq!(by_header.get("/events").await.status, 431);
    let by_query = format!("/events?last_event_id={huge}");
    let status = attacked.ann.get(&by_query).await.status.as_u16();
    assert!([414, 431].contains(&status), "{status}");
    attacked.survived("cursors of 17 KB").await;
}

#[tokio::test]
async fn tokens_with_another_key_or_an_embedded_key_are_rejected() {
    let attacked = Attacked::start(&[]).await;
    let other = support::Server::start(&["--jwt-secret", "another key"]).await;
    let foreign = other.client().token("ann", 900).await;
    let own = attacked.ann.token("ann", 900).await;
    let [head, claims, signature] = own.split('.').collect::<Vec<_>>()[..] else {
        panic!("a token has three parts")
    };
    let part = |json: &str| base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, json);
    let evil = part(r#"{"sub":"root","exp":9999999999,"iat":0,"jti":"x","publish":true}"#);
    let none = part(r#"{"alg":"none"}"#);
    let with_key = part(r#"{"alg":"HS256","jwk":{"kty":"oct","k":""},"kid":"../../dev/null"}"#);
    for token in [
        foreign,
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{head}.{evil}.{signature}"),
        format!("{with_key}.{evil}."),
        format!("{head}.{claims}"),
        format!("{head}.{claims}.{signature}.{signature}"),
    ] {
        let eve = attacked.node.client();
        let bearer = format!("Bearer {token}");
        let answer = eve.with("authorization", &bearer).get("/events").await;
        assert_eq!(answer.status, 401, "{token}");
    }
    attacked.survived("forged tokens").await;
}

#[tokio::test]
async fn forwarded_address_counts_only_from_a_trusted_proxy() {
    let attacked = Attacked::start(&["--max-per-ip", "3"]).await;
    let mut open = Vec::new();
    let mut refused = 0;
    for number in 0..10 {
        let forged = attacked
            .ann
            .clone()
            .with("x-forwarded-for", &format!("10.0.0.{number}"))
            .with("forwarded", &format!("for=10.0.0.{number}"))
            .with("x-real-ip", &format!("10.0.0.{number}"));
        match forged.try_stream("/events").await.unwrap() {
            Some(stream) => open.push(stream),
            None => refused += 1,
        }
    }
    // The honest client uses one of the three slots.
    assert_eq!((open.len(), refused), (2, 8));
    attacked.survived("forged addresses").await;
}

#[tokio::test]
async fn paths_cannot_leave_the_static_folder_or_reach_another_log() {
    let folder = Folder::new();
    let (site, log) = (folder.join("site"), folder.join("public.log"));
    std::fs::create_dir(&site).unwrap();
    std::fs::write(&log, "a public line\n").unwrap();
    std::fs::write(folder.join("secret.log"), "the secret line\n").unwrap();
    let attacked = Attacked::start(&["--static", &site, "--tail", &log]).await;
    for path in [
        "/../secret.log",
        "/..%2fsecret.log",
        "/%2e%2e/secret.log",
        "/.%2e/secret.log",
        "/..%5csecret.log",
        "/x/../../secret.log",
        "//../secret.log",
        "/%2fetc/passwd",
        "/secret.log%00.html",
        "/logs/../secret.log",
        "/logs/secret.log",
        "/logs%2f..%2fsecret.log",
        "/logs?file=secret.log",
        "/logs?path=../secret.log",
        "/logs?log=/etc/passwd",
        "/api/tasks/..%2f..%2fsecret.log",
        "/api/tasks/%2e%2e/progress",
    ] {
        let mut socket = attacked.socket().await;
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        send(&mut socket, request.as_bytes()).await;
        // The stream of the public log never ends, so the test reads only its beginning.
        let mut answer = vec![0; 64 * 1024];
        let mut length = 0;
        while let Ok(Ok(more)) = tokio::time::timeout(
            Duration::from_millis(300),
            socket.read(&mut answer[length..]),
        )
        .await
            && more > 0
        {
            length += more;
        }
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(!answer.is_empty(), "{path}: no answer");
        assert!(
            !answer.contains("secret line") && !answer.contains("root:"),
            "{path}: {answer}"
        );
    }
    attacked.survived("path tricks").await;
}
