//! Attacks on the fault port. The main port of the process must keep responding.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::support::process::free_port;
use crate::support::{Client, soon};
use crate::{Attacked, processor_ticks, resident, send};

/// A server with a fault port.
struct FaultPort {
    attacked: Attacked,
    faults: Client,
}

impl FaultPort {
    async fn start() -> Self {
        let port = free_port();
        let attacked = Attacked::start(&["--fault-port", &port.to_string()]).await;
        let faults = Client::to(SocketAddr::from(([127, 0, 0, 1], port)));
        Self { attacked, faults }
    }

    /// Stores a script and returns its path.
    async fn script(&self, script: Value) -> String {
        let answer = self.faults.post("/fault/script", script).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["url"].as_str().unwrap().to_owned()
    }

    /// Requests a path and reads nothing.
    async fn request(&self, path: &str, headers: &str) -> TcpStream {
        let mut socket = TcpStream::connect(self.faults.address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        send(&mut socket, head.as_bytes()).await;
        socket
    }

    fn grown(&self) -> u64 {
        resident(&self.attacked.node).saturating_sub(self.attacked.before)
    }
}

#[tokio::test]
async fn endless_scripts_without_output_do_not_occupy_the_server() {
    let mut port = FaultPort::start().await;
    for steps in [
        json!([{ "count": { "text": "" } }]),
        json!([{ "count": { "text": "", "n": 0, "pause_ms": 0 } }]),
        json!([{ "repeat": { "n": 0, "of": [] } }]),
        json!([{ "stop_reading": true }, { "repeat": { "n": 0, "of": [{ "text": "" }] } }]),
        json!([{ "repeat": { "n": 0, "of": [{ "repeat": { "n": u64::MAX, "of": [] } }] } }]),
    ] {
        let path = port
            .script(json!({ "responses": [{ "steps": steps }] }))
            .await;
        let mut sockets = Vec::new();
        for _ in 0..4 {
            sockets.push(port.request(&path, "").await);
        }
        port.attacked.serves_others().await;
        let before = processor_ticks(&port.attacked.node);
        sleep(Duration::from_secs(1)).await;
        let used = processor_ticks(&port.attacked.node) - before;
        assert!(used < 50, "{steps}: {used} of 100 ticks");
    }
}

#[tokio::test]
async fn script_whose_responses_are_over_at_once_ends_the_search() {
    let mut port = FaultPort::start().await;
    for then in ["start_over", "repeat_last"] {
        let responses = vec![json!({ "status": 204, "for_ms": 0 }); 20_000];
        let path = port
            .script(json!({ "responses": responses, "then": then }))
            .await;
        for _ in 0..3 {
            assert_eq!(port.faults.get(&path).await.status, 204, "{then}");
        }
    }
    port.attacked.serves_others().await;
}

#[tokio::test]
async fn placeholders_do_not_multiply_a_long_header() {
    let mut port = FaultPort::start().await;
    let text = "{last_event_id}".repeat(200_000);
    let path = port
        .script(json!({ "responses": [{ "steps": [{ "text": text }] }] }))
        .await;
    let header = format!("last-event-id: {}\r\n", "7".repeat(200_000));
    let mut socket = port.request(&path, &header).await;
    let mut answer = Vec::new();
    soon(socket.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.len() < 1000, "{} bytes", answer.len());
    port.attacked.serves_others().await;
}

#[tokio::test]
async fn scripts_request_logs_and_bodies_are_limited_in_bytes() {
    let mut port = FaultPort::start().await;
    let path = port
        .script(json!({ "responses": [{ "status": 204 }] }))
        .await;
    let header = format!("x: {}\r\n", "x".repeat(200_000));
    for _ in 0..300 {
        let mut socket = port.request(&path, &header).await;
        let mut answer = Vec::new();
        soon(socket.read_to_end(&mut answer)).await.unwrap();
    }
    assert!(
        port.grown() < 48 << 20,
        "a log: {} bytes more",
        port.grown()
    );
    let log = port.faults.get(&format!("{path}/log")).await.json();
    assert_eq!(log["count"], 300);
    let large = json!({ "responses": [{ "steps": [{ "text": "x".repeat(7_000_000) }] }] });
    let mut refused = None;
    for _ in 0..50 {
        let answer = port.faults.post("/fault/script", large.clone()).await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the store is full before 350 MB");
    assert!(refused.text().contains("full"), "{}", refused.text());
    assert!(
        port.grown() < 450 << 20,
        "scripts: {} bytes more",
        port.grown()
    );
    port.attacked.serves_others().await;
}

/// The memory for requests and responses in progress is 64 MiB. The allocator does not return all of it.
const MOST_IN_PROGRESS: u64 = 200 << 20;

#[tokio::test]
async fn clients_that_do_not_read_a_large_log_hold_limited_memory_and_are_closed() {
    let mut port = FaultPort::start().await;
    let path = port
        .script(json!({ "responses": [{ "status": 204 }] }))
        .await;
    let header = format!("x: {}\r\n", "x".repeat(200_000));
    for _ in 0..80 {
        let mut socket = port.request(&path, &header).await;
        let mut answer = Vec::new();
        soon(socket.read_to_end(&mut answer)).await.unwrap();
    }
    let log = format!("{path}/log");
    let mut sockets = Vec::new();
    for _ in 0..100 {
        sockets.push(port.request(&log, "").await);
    }
    port.attacked.serves_others().await;
    sleep(Duration::from_secs(3)).await;
    assert!(port.grown() < MOST_IN_PROGRESS, "{} more", port.grown());
    // Their memory is free again after 10 s, although the sockets are open.
    soon(async { while port.faults.get(&log).await.status != 200 {} }).await;
}

#[tokio::test]
async fn scripts_that_are_being_sent_and_parsed_use_limited_memory() {
    let mut port = FaultPort::start().await;
    let mut sockets = Vec::new();
    for _ in 0..60 {
        let mut socket = TcpStream::connect(port.faults.address).await.unwrap();
        let head = "POST /fault/script HTTP/1.1\r\nhost: x\r\ncontent-length: 8000000\r\n\r\n";
        send(&mut socket, head.as_bytes()).await;
        send(&mut socket, &vec![b' '; 7_900_000]).await;
        sockets.push(socket);
    }
    assert!(port.grown() < MOST_IN_PROGRESS, "{} more", port.grown());
    drop(sockets);
    let responses = vec![json!({}); 2_600_000];
    let answer = soon(async {
        loop {
            // A body that finds no memory is not read.
            let script = json!({ "responses": responses });
            if let Ok(answer) = port.faults.try_post("/fault/script", script).await {
                break answer;
            }
        }
    })
    .await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.text().contains("too many parts"),
        "{}",
        answer.text()
    );
    assert!(port.grown() < MOST_IN_PROGRESS, "{} more", port.grown());
    port.attacked.serves_others().await;
}

#[tokio::test]
async fn copies_of_texts_for_clients_that_do_not_read_use_limited_memory() {
    let mut port = FaultPort::start().await;
    for steps in [
        json!([{ "text": "{path}".repeat(500_000) }]),
        json!([{ "split": { "text": "{path}".repeat(500_000), "every": 1_000_000, "pause_ms": 60_000 } }]),
        json!([{ "count": { "text": "{i}".repeat(1_000_000) } }]),
        json!([{ "hex": "00".repeat(3_000_000) }]),
    ] {
        let path = port
            .script(json!({ "responses": [{ "steps": steps }] }))
            .await;
        let mut sockets = Vec::new();
        for _ in 0..30 {
            sockets.push(port.request(&path, "").await);
        }
        port.attacked.serves_others().await;
        sleep(Duration::from_secs(1)).await;
        assert!(port.grown() < MOST_IN_PROGRESS, "{} more", port.grown());
    }
}

#[tokio::test]
async fn presets_with_long_parameters_use_limited_memory() {
    let mut port = FaultPort::start().await;
    let long = "x".repeat(60_000);
    for run in 0..4000 {
        let path = format!("/fault/p/no-answer/script?run={run}{long}");
        assert_eq!(port.faults.get(&path).await.status, 200);
    }
    assert!(port.grown() < 400 << 20, "{} more", port.grown());
    port.attacked.serves_others().await;
}

#[tokio::test]
async fn bodies_of_requests_to_a_script_are_not_kept() {
    let port = FaultPort::start().await;
    let steps = json!([{ "hang": true }]);
    let path = port
        .script(json!({ "responses": [{ "steps": steps }] }))
        .await;
    let body = vec![b'x'; 4_000_000];
    let mut sockets = Vec::new();
    for _ in 0..50 {
        let mut socket = TcpStream::connect(port.faults.address).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 4000000\r\n\r\n");
        send(&mut socket, head.as_bytes()).await;
        soon(socket.write_all(&body)).await.unwrap();
        sockets.push(socket);
    }
    let log = port.faults.get(&format!("{path}/log?wait=50")).await.json();
    assert_eq!(log["satisfied"], true);
    assert!(port.grown() < 64 << 20, "{} bytes more", port.grown());
}

#[tokio::test]
async fn presets_with_other_parameters_replace_the_oldest() {
    let mut port = FaultPort::start().await;
    let script = port
        .script(json!({ "responses": [{ "status": 410 }] }))
        .await;
    for run in 0..10_200 {
        let path = format!("/fault/p/no-answer/script?run={run}");
        assert_eq!(port.faults.get(&path).await.status, 200, "{path}");
    }
    // Scripts are not replaced.
    assert_eq!(port.faults.get(&script).await.status, 410);
    port.attacked.serves_others().await;
}

#[tokio::test]
async fn slow_clients_of_the_fault_port_are_closed() {
    let mut port = FaultPort::start().await;
    let closes = async |first: &[u8]| {
        let mut socket = TcpStream::connect(port.faults.address).await.unwrap();
        send(&mut socket, first).await;
        let mut rest = Vec::new();
        // A reset is also an end.
        let _ = soon(socket.read_to_end(&mut rest)).await;
    };
    tokio::join!(
        closes(b""),
        closes(b"GET / HTTP/1.1\r\nx: "),
        closes(b"POST /fault/script HTTP/1.1\r\ncontent-length: 1000\r\n\r\n"),
        closes(b"PRI * HTTP/2.0\r\n"),
        // A connection without a request: the preface and empty settings.
        closes(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
        closes(&[22, 3, 1, 2, 0]),
    );
    port.attacked.serves_others().await;
}

#[tokio::test]
async fn request_log_hides_tokens_in_every_place() {
    let port = FaultPort::start().await;
    let path = port
        .script(json!({ "responses": [{ "status": 204 }] }))
        .await;
    let target = format!("{path}?token=hunter2&%74oken=hunter2");
    let headers = "authorization: Bearer hunter2\r\ncookie: auth_token=hunter2\r\n\
                   proxy-authorization: Basic hunter2\r\nreferer: http://x/?token=hunter2\r\n";
    let mut socket = port.request(&target, headers).await;
    let mut answer = Vec::new();
    soon(socket.read_to_end(&mut answer)).await.unwrap();
    let log = port.faults.get(&format!("{path}/log")).await.text();
    assert!(log.contains("referer") && !log.contains("hunter2"), "{log}");
}
