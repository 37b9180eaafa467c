//! Three nodes with one Redis behind nginx, HAProxy and Caddy, with the configurations in `proxies/`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

mod support;

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use support::cluster::Cluster;
use support::proxy::Proxy;
use support::{Client, Seen, soon};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::sleep;

/// Opens a stream through the proxy. Returns the stream and the node that serves it.
async fn open(proxy: &Proxy, cluster: &Cluster, path: &str) -> (support::Stream, usize) {
    let ann = proxy.client().login("ann", 900).await;
    let mut stream = ann.stream(path).await;
    let connected = stream.until("connected").await.json();
    let node = cluster.index_of(connected["node"].as_str().unwrap()).await;
    (stream, node)
}

#[tokio::test]
async fn nginx_with_the_textbook_file_sends_events_at_once_but_hides_truncation() {
    let mut cluster = Cluster::start(&[]).await;
    let proxy = Proxy::textbook(&cluster).await;
    let (mut stream, node) = open(&proxy, &cluster, "/events").await;
    let ann = proxy.client().login("ann", 900).await;
    let id = ann.publish("update", "x").await;
    assert_eq!(stream.until("update").await.id, Some(id));
    cluster.restart(node).await;
    // Without chunked encoding, the end of the connection is a clean end of the body.
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn nginx_with_the_corrected_file_reports_truncation() {
    let mut cluster = Cluster::start(&[]).await;
    let proxy = Proxy::corrected(&cluster).await;
    let (mut stream, node) = open(&proxy, &cluster, "/events").await;
    let ann = proxy.client().login("ann", 900).await;
    let id = ann.publish("update", "x").await;
    assert_eq!(stream.until("update").await.id, Some(id));
    cluster.restart(node).await;
    assert!(stream.try_next().await.is_err());
}

#[tokio::test]
async fn nginx_with_the_corrected_file_skips_full_nodes_and_logs_no_queries() {
    let cluster = Cluster::start(&["--max-connections", "1", "--query-token"]).await;
    let proxy = Proxy::corrected(&cluster).await;
    let token = proxy.client().token("ann", 900).await;
    let path = format!("/events?token={token}");
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(proxy.client().open(&path).await);
    }
    let full = proxy.client().get(&path).await;
    assert_eq!(
        (full.status.as_u16(), full.header("retry-after")),
        (503, "60")
    );
    // The next client gets the same response, and other requests still work.
    let again = proxy.client().get(&path).await;
    assert_eq!(
        (again.status.as_u16(), again.header("retry-after")),
        (503, "60")
    );
    let ann = proxy.client().login("ann", 900).await;
    ann.publish("update", "x").await;
    let log = proxy.logged("GET /events").await;
    assert!(!log.contains(&token), "{log}");
}

#[tokio::test]
async fn nginx_replaces_the_address_that_a_client_sends() {
    let cluster = Cluster::start(&["--trusted-proxy", "127.0.0.1", "--max-per-ip", "1"]).await;
    for proxy in [
        Proxy::corrected(&cluster).await,
        Proxy::textbook(&cluster).await,
    ] {
        let ann = proxy.client().login("ann", 900).await;
        let mut open = Vec::new();
        let mut refused = 0;
        for number in 0..4 {
            let spoofing = ann
                .clone()
                // An address other than the trusted proxy's.
                .from([127, 0, 0, 2])
                .with("x-forwarded-for", &format!("1.2.3.{number}"));
            match spoofing
                .try_send("GET", "/events", bytes::Bytes::new())
                .await
                .unwrap()
            {
                answer if answer.status() == 200 => open.push(answer),
                _ => refused += 1,
            }
        }
        assert!(refused >= 1 && open.len() <= 3, "{refused} refused");
    }
}

/// A short heartbeat, so that a client that waits for its last event checks its state soon.
const BEATING: &[&str] = &["--heartbeat", "0.2"];

/// Reads a stream through a proxy, reconnects with the cursor, and collects every id.
async fn collect(client: Client, last: watch::Receiver<Option<String>>) -> (Vec<String>, u32) {
    let (mut ids, mut cursor, mut reconnects) = (Vec::new(), "earliest".to_owned(), 0);
    let is_done =
        |ids: &Vec<String>| last.borrow().is_some() && ids.last() == last.borrow().as_ref();
    while !is_done(&ids) {
        let again = client.clone().with("last-event-id", &cursor);
        let Ok(Some(mut stream)) = again.try_stream("/events").await else {
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        reconnects += 1;
        while let Ok(Some(seen)) = stream.try_next().await {
            match seen {
                Seen::Event {
                    event_type, data, ..
                } if event_type == "gap" => panic!("gap: {data}"),
                Seen::Event { id: Some(id), .. } => ids.push(id),
                _ => {}
            }
            if is_done(&ids) {
                break;
            }
        }
        if !stream.last_event_id.is_empty() {
            cursor = stream.last_event_id;
        }
    }
    (ids, reconnects)
}

/// Publishes through the proxy until it is stopped. Repeats an event that is not acknowledged.
async fn publish(client: Client, mut stop: watch::Receiver<bool>) -> u64 {
    let mut acknowledged = 0;
    while !*stop.borrow_and_update() {
        let body = json!({ "type": "update", "data": acknowledged.to_string() });
        match client.try_post("/publish", body).await {
            Ok(answer) if answer.status == 200 => acknowledged += 1,
            _ => sleep(Duration::from_millis(10)).await,
        }
    }
    acknowledged
}

/// Runs four clients and a publisher during `havoc`. Every client must receive every stored id exactly
/// once and in order.
async fn survive(proxy: &Proxy, mut cluster: Cluster, havoc: impl AsyncFnOnce(&mut Cluster)) {
    let ann = proxy.client().login("ann", 86_400).await;
    ann.publish("update", "first").await;
    let (stop, stopped) = watch::channel(false);
    let (last, known) = watch::channel(None);
    let clients: Vec<_> = (0..4)
        .map(|_| tokio::spawn(collect(ann.clone(), known.clone())))
        .collect();
    let publisher = tokio::spawn(publish(ann.clone(), stopped));
    havoc(&mut cluster).await;
    stop.send_replace(true);
    let acknowledged = soon(publisher).await.unwrap();
    let end = soon(async {
        loop {
            let body = json!({ "type": "end", "data": "" });
            if let Ok(answer) = ann.try_post("/publish", body).await
                && answer.status == 200
            {
                return answer.json()["id"].as_str().unwrap().to_owned();
            }
        }
    })
    .await;
    last.send_replace(Some(end.clone()));
    let stored = stored(&cluster, &end).await;
    assert!(acknowledged > 0 && stored.len() as u64 >= acknowledged + 2);
    for client in clients {
        let (ids, reconnects) = soon(client).await.unwrap();
        println!(
            "{} events, {acknowledged} acknowledged, {reconnects} connections",
            ids.len()
        );
        assert_eq!(ids, stored, "every id exactly once");
    }
}

/// Reads all ids in the log from one node, after the failures.
async fn stored(cluster: &Cluster, end: &String) -> Vec<String> {
    let ann = cluster.nodes[0].client().login("ann", 900).await;
    let mut all = ann.open("/events?last_event_id=earliest").await;
    let mut ids = Vec::new();
    while ids.last() != Some(end) {
        ids.extend(all.event().await.id);
    }
    ids
}

async fn kill_nodes(cluster: &mut Cluster, times: usize) {
    for round in 0..times {
        sleep(Duration::from_millis(50 + fastrand::u64(..150))).await;
        cluster.restart(round % 3).await;
    }
}

#[tokio::test]
async fn chaos_killing_nodes_20_times_behind_nginx_loses_and_repeats_no_event() {
    let cluster = Cluster::start(BEATING).await;
    let proxy = Proxy::corrected(&cluster).await;
    survive(&proxy, cluster, async |cluster| {
        kill_nodes(cluster, 20).await;
    })
    .await;
}

#[tokio::test]
async fn chaos_killing_redis_3_times_loses_and_repeats_no_event() {
    let cluster = Cluster::start(BEATING).await;
    let proxy = Proxy::corrected(&cluster).await;
    let havoc = async |cluster: &mut Cluster| {
        for _ in 0..3 {
            sleep(Duration::from_millis(300)).await;
            cluster.redis.kill().await;
            sleep(Duration::from_millis(200)).await;
            cluster.redis.restart().await;
        }
        sleep(Duration::from_millis(300)).await;
    };
    survive(&proxy, cluster, havoc).await;
}

#[tokio::test]
async fn haproxy_sends_events_at_once_and_survives_killed_nodes() {
    let cluster = Cluster::start(BEATING).await;
    let proxy = Proxy::haproxy(&cluster.addresses()).await;
    survive(&proxy, cluster, async |cluster| {
        kill_nodes(cluster, 4).await;
    })
    .await;
}

/// A fake node that passes health checks and closes the connection on every other request. It counts
/// these requests by method.
async fn hanging_up() -> (String, watch::Receiver<HashMap<String, usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (counts, counted) = watch::channel(HashMap::new());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let mut socket = BufReader::new(socket);
            let mut line = String::new();
            // A proxy may close a connection before it sends a request.
            if socket.read_line(&mut line).await.is_err() {
                continue;
            }
            if line.contains("/health/") {
                let well = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = socket.write_all(well).await;
            } else {
                let method = line.split(' ').next().unwrap().to_owned();
                counts.send_modify(|counts| *counts.entry(method).or_default() += 1);
            }
        }
    });
    (address, counted)
}

#[tokio::test]
async fn haproxy_retries_get_on_another_node_but_not_post() {
    let (node, counted) = hanging_up().await;
    let proxy = Proxy::haproxy(&[node.clone(), node.clone(), node]).await;
    assert_eq!(proxy.client().get("/events").await.status, 502);
    let body = json!({ "type": "update", "data": "x" });
    assert_eq!(proxy.client().post("/publish", body).await.status, 502);
    let counts = counted.borrow().clone();
    // The first attempt and three retries.
    assert_eq!((counts["GET"], counts["POST"]), (4, 1));
}

#[tokio::test]
async fn caddy_sends_events_at_once_and_survives_killed_nodes() {
    let cluster = Cluster::start(BEATING).await;
    let proxy = Proxy::caddy(&cluster).await;
    survive(&proxy, cluster, async |cluster| {
        kill_nodes(cluster, 4).await;
    })
    .await;
}
