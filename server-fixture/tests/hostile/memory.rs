//! Attacks on the memory of the server.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::support::process::Folder;
use crate::support::soon;
use crate::{Attacked, resident, send};

/// The growth of memory that the attacks below may cause.
const MOST: u64 = 64 << 20;

/// Connects from an address of this machine with a receive buffer as small as possible.
async fn connect(attacked: &Attacked, attacker: usize) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let from = [127, 0, 1, u8::try_from(attacker % 8).unwrap() + 1];
    socket.bind((from, 0).into()).unwrap();
    soon(socket.connect(attacked.node.address())).await.unwrap()
}

/// Publishes `count` events of 60 KB. The honest client reads them.
async fn publish_large(attacked: &mut Attacked, count: usize) {
    let data = "x".repeat(60_000);
    for number in 0..count {
        let data = format!("{number} {data}");
        attacked.ann.publish("large", &data).await;
        attacked.stream.until("large").await;
    }
}

/// Opens streams behind all stored events, and reads none of them.
async fn stall(attacked: &Attacked, count: usize) -> Vec<TcpStream> {
    let token = attacked.ann.token("eve", 900).await;
    let request = format!(
        "GET /events HTTP/1.1\r\nhost: x\r\nlast-event-id: earliest\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    let mut readers = Vec::new();
    for reader in 0..count {
        let mut socket = connect(attacked, reader).await;
        send(&mut socket, request.as_bytes()).await;
        // The first bytes show that the stream is open.
        let mut head = [0; 12];
        soon(socket.read_exact(&mut head)).await.unwrap();
        assert_eq!(head, *b"HTTP/1.1 200");
        readers.push(socket);
    }
    readers
}

/// Checks that the server stays small and fast while the attack lasts.
async fn endures(attacked: &mut Attacked, attack: &str) {
    let before = resident(&attacked.node);
    let slowest = attacked.slowest_event().await;
    let grown = resident(&attacked.node).saturating_sub(attacked.before);
    println!(
        "{attack}: {} KiB more, an event takes at most {slowest:?}",
        grown / 1024
    );
    assert!(
        grown < MOST,
        "{attack}: {grown} bytes more, {before} before"
    );
}

#[tokio::test]
async fn thousand_stalled_readers_share_large_events() {
    let flags = [
        "--keep",
        "300",
        "--max-connections",
        "0",
        "--write-deadline",
        "60",
    ];
    let mut attacked = Attacked::start(&flags).await;
    publish_large(&mut attacked, 256).await;
    attacked.before = resident(&attacked.node);
    let readers = stall(&attacked, 1000).await;
    endures(&mut attacked, "1,000 stalled readers").await;
    drop(readers);
}

#[tokio::test]
async fn stalled_readers_behind_the_ring_read_small_pages_of_the_log() {
    let folder = Folder::in_memory();
    let log = format!("file:{}", folder.join("events"));
    let flags = [
        "--keep",
        "1000",
        "--log",
        &log,
        "--max-connections",
        "0",
        "--write-deadline",
        "60",
    ];
    let mut attacked = Attacked::start(&flags).await;
    // More than the ring holds.
    publish_large(&mut attacked, 600).await;
    attacked.before = resident(&attacked.node);
    let readers = stall(&attacked, 200).await;
    endures(&mut attacked, "200 readers behind the ring").await;
    drop(readers);
    let mut honest = attacked
        .ann
        .clone()
        .with("last-event-id", "earliest")
        .open("/events")
        .await;
    for number in 0..600 {
        let event = honest.until("large").await;
        assert!(
            event.data.starts_with(&format!("{number} x")),
            "after {number} events"
        );
    }
}

#[tokio::test]
async fn two_thousand_incomplete_heads_are_small() {
    let mut attacked = Attacked::start(&["--max-connections", "0", "--header-timeout", "60"]).await;
    let mut sockets = Vec::new();
    let padding = vec![b'x'; 400_000];
    for attacker in 0..2000 {
        let mut socket = connect(&attacked, attacker).await;
        send(&mut socket, b"GET / HTTP/1.1\r\nx: ").await;
        let _ = socket.try_write(&padding);
        sockets.push(socket);
    }
    endures(&mut attacked, "2,000 incomplete heads").await;
    drop(sockets);
}

#[tokio::test]
async fn head_of_16_kib_is_the_longest() {
    let attacked = Attacked::start(&[]).await;
    for (length, expected) in [(15_000, "HTTP/1.1 200"), (17_000, "HTTP/1.1 431")] {
        let mut socket = attacked.socket().await;
        let head = format!(
            "GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx: {}\r\n\r\n",
            "x".repeat(length)
        );
        send(&mut socket, head.as_bytes()).await;
        let mut answer = [0; 12];
        soon(socket.read_exact(&mut answer)).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), expected, "{length} bytes");
    }
}

#[tokio::test]
async fn bodies_over_the_limit_are_refused_by_every_endpoint() {
    let attacked = Attacked::start(&["--max-body", "1000"]).await;
    let long = "x".repeat(2000);
    for (path, body) in [
        ("/publish", json!({ "type": "update", "data": long })),
        ("/login", json!({ "user": long })),
        ("/api/tasks", json!({ "x": long })),
        ("/demo/lines", json!({ "x": long })),
        ("/demo/faults", json!({ "x": long })),
    ] {
        assert_eq!(attacked.ann.post(path, body).await.status, 413, "{path}");
    }
    // A chunked body has no length to check in advance.
    let mut socket = attacked.socket().await;
    let head = "POST /login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                transfer-encoding: chunked\r\n\r\n";
    send(&mut socket, head.as_bytes()).await;
    let chunk = format!("400\r\n{}\r\n", "x".repeat(0x400));
    let answer = soon(async {
        let mut answer = [0; 12];
        loop {
            let _ = socket.write_all(chunk.as_bytes()).await;
            let read = socket.read_exact(&mut answer);
            if timeout(Duration::from_millis(50), read).await.is_ok() {
                break answer;
            }
        }
    });
    assert_eq!(answer.await, *b"HTTP/1.1 413");
}

#[tokio::test]
async fn lines_of_a_megabyte_do_not_fill_the_memory() {
    let folder = Folder::new();
    let path = folder.join("app.log");
    std::fs::write(&path, "").unwrap();
    let attacked = Attacked::start(&["--tail", &path]).await;
    let mut stream = attacked.ann.open("/logs").await;
    let line = format!("{}\n", "x".repeat(900_000));
    for number in 0..300 {
        std::fs::write(&path, format!("{number} {line}")).unwrap();
        while !stream
            .until("message")
            .await
            .data
            .starts_with(&format!("{number} x"))
        {}
    }
    sleep(Duration::from_millis(100)).await;
    let grown = resident(&attacked.node).saturating_sub(attacked.before);
    println!("300 lines of 900 KB: {} KiB more", grown / 1024);
    assert!(grown < 2 * MOST, "{grown} bytes more");
}
