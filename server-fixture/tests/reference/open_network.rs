//! Requirements of a server on the open network that the textbook does not mention.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Server, soon};
use crate::wait_for_metric;

#[tokio::test]
async fn incomplete_request_header_closes_the_connection_in_time() {
    let server = Server::start(&["--header-timeout", "0.3"]).await;
    for half in ["", "GET /events HTTP/1.1\r\nhos"] {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket.write_all(half.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        // The connection is closed or reset.
        let _ = soon(socket.read_to_end(&mut rest)).await;
    }
}

#[tokio::test]
async fn client_that_never_reads_is_disconnected_after_the_write_deadline() {
    let server = Server::start(&["--write-deadline", "0.5", "--keep", "100000"]).await;
    let ann = server.login("ann").await;
    let mut reading = ann.open("/events").await;
    let token = ann.token("slow", 60).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request =
        format!("GET /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    wait_for_metric(&server, "sse_active_connections", "2").await;
    let data = "x".repeat(60_000);
    for _ in 0..400 {
        ann.publish("update", &data).await;
        reading.until("update").await;
    }
    wait_for_metric(&server, "sse_active_connections", "1").await;
    drop(socket);
}
