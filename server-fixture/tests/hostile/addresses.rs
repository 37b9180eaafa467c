//! Attacks from a few addresses that want to keep all others away.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::support::Client;
use crate::support::servers::Node;
use crate::{Attacked, SOON, send};

/// Connects as soon as the kernel has room in its queue.
async fn connect(from: &str, to: SocketAddr) -> Option<TcpStream> {
    let from: SocketAddr = from.parse().unwrap();
    let socket = match to {
        SocketAddr::V4(_) => TcpSocket::new_v4().unwrap(),
        SocketAddr::V6(_) => TcpSocket::new_v6().unwrap(),
    };
    socket.bind(from).unwrap();
    timeout(Duration::from_secs(5), socket.connect(to))
        .await
        .ok()?
        .ok()
}

/// Opens connections that send `bytes` and nothing more.
async fn flood(from: &str, to: SocketAddr, count: usize, bytes: &[u8]) -> Vec<TcpStream> {
    let mut sockets = Vec::new();
    for _ in 0..count {
        if let Some(mut socket) = connect(from, to).await {
            send(&mut socket, bytes).await;
            sockets.push(socket);
        }
    }
    sockets
}

/// Returns the status of a request from an address.
async fn status(from: &str, to: SocketAddr, path: &str) -> Option<String> {
    let mut socket = connect(from, to).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.ok()?;
    let mut head = [0; 12];
    let read = timeout(SOON, socket.read_exact(&mut head)).await;
    read.ok()?.ok()?;
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// Checks that all health endpoints respond to these addresses.
async fn health_responds(attack: &str, addresses: &[&str], to: SocketAddr) {
    for path in ["/health/live", "/health/ready", "/metrics"] {
        for from in addresses {
            let status = status(from, to, path).await;
            assert_eq!(
                status.as_deref(),
                Some("HTTP/1.1 200"),
                "{attack}: {path} to {from}"
            );
        }
    }
}

const HALF_HEAD: &[u8] = b"GET /events HTTP/1.1\r\nhost: x\r\nx: ";
const HALF_BODY: &[u8] = b"POST /login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                           content-length: 60000\r\n\r\n{";

#[tokio::test]
async fn health_responds_while_one_address_holds_incomplete_requests() {
    for (attack, bytes) in [
        ("heads", HALF_HEAD),
        ("bodies", HALF_BODY),
        ("nothing", b""),
    ] {
        let flags = ["--header-timeout", "60", "--request-timeout", "60"];
        let mut attacked = Attacked::start(&flags).await;
        let to = attacked.node.address();
        // More than all slots: 1,000 streams and 1,024 others.
        let sockets = flood("127.0.0.2:0", to, 2100, bytes).await;
        health_responds(attack, &["127.0.0.1:0", "127.0.0.2:0"], to).await;
        println!(
            "{attack}: an event takes at most {:?}",
            attacked.slowest_event().await
        );
        attacked.ann.open("/events").await;
        drop(sockets);
    }
}

#[tokio::test]
async fn health_responds_while_many_addresses_hold_incomplete_heads() {
    let flags = ["--header-timeout", "60", "--max-connections", "10"];
    let mut attacked = Attacked::start(&flags).await;
    let to = attacked.node.address();
    let mut sockets = Vec::new();
    for address in 2..=112 {
        sockets.extend(flood(&format!("127.0.0.{address}:0"), to, 10, HALF_HEAD).await);
    }
    health_responds("111 addresses", &["127.0.0.1:0", "127.0.0.2:0"], to).await;
    println!(
        "111 addresses: an event takes at most {:?}",
        attacked.slowest_event().await
    );
}

#[tokio::test]
async fn health_responds_while_clients_behind_a_trusted_proxy_hold_incomplete_requests() {
    for bytes in [HALF_HEAD, HALF_BODY] {
        let timeouts = ["--header-timeout", "60", "--request-timeout", "60"];
        let flags = [&timeouts[..], &["--trusted-proxy", "127.0.0.2"]].concat();
        let mut attacked = Attacked::start(&flags).await;
        let to = attacked.node.address();
        let sockets = flood("127.0.0.2:0", to, 2100, bytes).await;
        health_responds("proxy", &["127.0.0.1:0", "127.0.0.2:0"], to).await;
        println!(
            "proxy: an event takes at most {:?}",
            attacked.slowest_event().await
        );
        drop(sockets);
    }
}

#[tokio::test]
async fn health_responds_over_ipv6_while_one_prefix_holds_incomplete_heads() {
    let mut attacked = Attacked::start(&["--host", "::1", "--header-timeout", "60"]).await;
    let to = attacked.node.address();
    let sockets = flood("[::1]:0", to, 2100, HALF_HEAD).await;
    health_responds("over IPv6", &["[::1]:0"], to).await;
    println!(
        "over IPv6: an event takes at most {:?}",
        attacked.slowest_event().await
    );
    drop(sockets);
}

#[tokio::test]
async fn health_responds_while_all_streams_are_taken() {
    let attacked = Attacked::start(&["--max-connections", "50"]).await;
    let mut streams = Vec::new();
    while let Some(stream) = attacked.ann.try_stream("/events").await.unwrap() {
        streams.push(stream);
    }
    let to = attacked.node.address();
    let sockets = flood("127.0.0.2:0", to, 1100, HALF_HEAD).await;
    health_responds("streams", &["127.0.0.1:0", "127.0.0.2:0"], to).await;
    // The open streams keep their slots.
    let id = attacked.ann.publish("update", "x").await;
    for stream in &mut streams {
        assert_eq!(stream.until("update").await.id.as_ref(), Some(&id));
    }
    drop(sockets);
}

/// Returns the statuses of one stream per forwarded address. All streams stay open.
async fn streams(client: &Client, addresses: &[&str]) -> Vec<u16> {
    let (mut open, mut statuses) = (Vec::new(), Vec::new());
    for address in addresses {
        let client = client.clone().with("x-forwarded-for", address);
        let response = client.send("GET", "/events", bytes::Bytes::new()).await;
        statuses.push(response.status().as_u16());
        open.push(response);
    }
    statuses
}

#[tokio::test]
async fn addresses_of_one_client_count_once_behind_a_proxy() {
    let cases: [&[&str]; 2] = [
        &[
            "2001:db8:1:2::1",
            "2001:db8:1:2::2",
            "[2001:db8:1:2:3::4]:5",
            "2001:db8:1:2:ffff::",
        ],
        &["1.2.3.4", "::ffff:1.2.3.4", "1.2.3.4:80", "::FFFF:102:304"],
    ];
    for addresses in cases {
        for proxy in ["127.0.0.1", "::ffff:127.0.0.1"] {
            let flags = ["--max-per-ip", "1", "--trusted-proxy", proxy];
            let node = Node::start(&flags).await;
            let ann = node.client().login("ann", 900).await;
            assert_eq!(
                streams(&ann, addresses).await,
                [200, 429, 429, 429],
                "{addresses:?}"
            );
        }
    }
    let node = Node::start(&["--max-per-ip", "1", "--trusted-proxy", "127.0.0.1"]).await;
    let ann = node.client().login("ann", 900).await;
    let different = ["2001:db8:1:2::1", "2001:db8:1:3::1", "1.2.3.4", "1.2.3.5"];
    assert_eq!(streams(&ann, &different).await, [200; 4]);
}

#[tokio::test]
async fn rate_limit_counts_the_addresses_of_one_client_once() {
    let flags = ["--rate-limit", "1", "--trusted-proxy", "127.0.0.1"];
    for (first, second) in [
        ("2001:db8:1:2::1", "2001:db8:1:2::2"),
        ("1.2.3.4", "::ffff:1.2.3.4"),
    ] {
        let node = Node::start(&flags).await;
        let from = |address| node.client().with("x-forwarded-for", address);
        assert_eq!(from(first).get_head("/api/metrics").await.status, 200);
        assert_eq!(
            from(second).get_head("/api/metrics").await.status,
            429,
            "{second}"
        );
        assert_eq!(from("9.9.9.9").get_head("/api/metrics").await.status, 200);
    }
}
