//! Many streams over few connections, as browsers open them over HTTP/2.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use h2::client::SendRequest;
use hyper::Request;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::clients::{Crowd, MARK, Seen};

/// Below nginx' limit of 128 streams for each connection.
const STREAMS_OF_CONNECTION: usize = 100;

/// Opens `count` streams with prior knowledge, and waits until each has its answer.
pub(crate) async fn open(address: SocketAddr, token: &str, count: usize) -> Crowd {
    let (seen, mut tasks) = (Arc::new(Seen::default()), JoinSet::new());
    for first in (0..count).step_by(STREAMS_OF_CONNECTION) {
        let socket = TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) = h2::client::handshake(socket).await.unwrap();
        tasks.spawn(async move {
            // Ends when the crowd does, however it ends.
            let _ = connection.await;
        });
        for _ in first..count.min(first + STREAMS_OF_CONNECTION) {
            let request = request(address, token);
            sender = sender.ready().await.unwrap();
            let (response, _) = SendRequest::send_request(&mut sender, request, true).unwrap();
            let response = response.await.unwrap();
            assert_eq!(response.status(), 200);
            seen.open.fetch_add(1, Ordering::Relaxed);
            tasks.spawn(read(response.into_body(), Arc::clone(&seen)));
        }
    }
    Crowd::of(seen, tasks)
}

fn request(address: SocketAddr, token: &str) -> Request<()> {
    Request::get(format!("http://{address}/events"))
        .header("accept", "text/event-stream")
        .header("authorization", format!("Bearer {token}"))
        .body(())
        .unwrap()
}

async fn read(mut body: h2::RecvStream, seen: Arc<Seen>) {
    while let Some(Ok(bytes)) = body.data().await {
        let marks = bytes.iter().filter(|&&byte| byte == MARK).count();
        seen.marks.fetch_add(marks, Ordering::Relaxed);
        let _ = body.flow_control().release_capacity(bytes.len());
    }
}
