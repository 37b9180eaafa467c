//! The reference's graceful shutdown.

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{Seen, Server, soon};
use crate::wait_for_metric;

#[tokio::test]
async fn shutdown_fails_readiness_then_sends_shutdown_and_ends() {
    let server = Server::start(&["--drain-delay", "0.5"]).await;
    let client = server.client();
    let mut stream = server.login("ann").await.open("/events").await;
    assert_eq!(client.get("/health/ready").await.status, 200);
    server.begin_stop();
    soon(async { while client.get("/health/ready").await.status != 503 {} }).await;
    assert_eq!(client.get("/health/live").await.status, 200);
    let last_events: Vec<Seen> = stream.rest().await;
    let [
        ..,
        Seen::Retry(retry),
        Seen::Event {
            event_type, data, ..
        },
    ] = &last_events[..]
    else {
        panic!("{last_events:?}")
    };
    assert!((1000..5000).contains(retry));
    assert_eq!(
        (event_type.as_str(), data.as_str()),
        ("shutdown", "Server shutting down")
    );
    server.ended().await;
}

#[tokio::test]
async fn shutdown_sends_shutdown_to_progress_streams() {
    let server = Server::start(&["--task-step", "60"]).await;
    let client = server.client();
    let started = client.post("/api/tasks", json!({})).await.json();
    let path = format!(
        "/api/tasks/{}/progress",
        started["taskId"].as_str().unwrap()
    );
    let mut stream = client.stream(&path).await;
    stream.event().await;
    server.begin_stop();
    assert!(matches!(stream.next().await, Some(Seen::Retry(1000..5000))));
    assert_eq!(stream.event().await.event_type, "shutdown");
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn shutdown_has_a_deadline_for_clients_that_do_not_read() {
    let server = Server::start(&["--drain-deadline", "0.3", "--write-deadline", "60"]).await;
    let ann = server.login("ann").await;
    let token = ann.token("ann", 60).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request =
        format!("GET /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    wait_for_metric(&server, "sse_active_connections", "1").await;
    for _ in 0..400 {
        ann.publish("update", &"x".repeat(60_000)).await;
    }
    server.stop().await;
}
