//! Demo mode on three nodes behind nginx. A fault that one node receives affects the streams of the
//! user on all nodes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

mod support;

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};
use support::cluster::Cluster;
use support::proxy::Proxy;
use support::{Client, Stream, soon};
use tokio::time::{Instant, sleep, timeout};

/// A user with a stream through nginx, and a client of another node.
struct Visitor {
    cluster: Cluster,
    proxy: Proxy,
    ann: Client,
    stream: Stream,
    /// A client of a node that does not serve the stream.
    elsewhere: Client,
}

impl Visitor {
    async fn arrive() -> Self {
        let cluster = Cluster::start(&[]).await;
        let proxy = Proxy::corrected(&cluster).await;
        let ann = proxy.client().login("ann", 900).await;
        let mut stream = ann.stream("/events").await;
        let connected = stream.until("connected").await.json();
        let here = cluster.index_of(connected["node"].as_str().unwrap()).await;
        let elsewhere = cluster.nodes[(here + 1) % 3].client();
        Self {
            elsewhere: elsewhere.login("ann", 900).await,
            cluster,
            proxy,
            ann,
            stream,
        }
    }

    /// Sends a fault to the other node, and waits until the stream breaks.
    async fn broken_by(&mut self, fault: Value) {
        let answer = self.elsewhere.post("/demo/faults", fault).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        let rest = self.stream.try_all().await;
        assert!(rest.is_err(), "broken, not ended: {rest:?}");
    }

    /// Returns the status and `Retry-After` of the next request through nginx.
    async fn next(&self) -> (u16, String) {
        let answer = self.ann.get_head("/events").await;
        (
            answer.status.as_u16(),
            answer.header("retry-after").to_owned(),
        )
    }

    /// Resumes the stream after the last event, and expects the event that was missed.
    async fn resumed(&mut self) {
        let missed = self.ann.publish("update", "missed").await;
        let cursor = self.stream.last_event_id.clone();
        self.stream = self
            .ann
            .clone()
            .with("last-event-id", &cursor)
            .open("/events")
            .await;
        assert_eq!(self.stream.until("update").await.id, Some(missed));
    }
}

#[tokio::test]
async fn faults_affect_the_stream_on_another_node_and_lose_no_event() {
    let mut visitor = Visitor::arrive().await;
    visitor.broken_by(json!({ "kind": "cut" })).await;
    visitor.resumed().await;

    for (kind, status) in [("unauthorized", 401), ("login-page", 200)] {
        visitor.broken_by(json!({ "kind": kind })).await;
        let answer = visitor.ann.get_head("/events").await;
        assert_eq!(answer.status, status, "{kind}");
        assert_ne!(answer.header("content-type"), "text/event-stream", "{kind}");
        visitor.resumed().await;
    }
}

#[tokio::test]
async fn unavailable_counts_a_request_once_although_nginx_tries_every_node() {
    let mut visitor = Visitor::arrive().await;
    let fault = json!({ "kind": "unavailable", "times": 2, "seconds": 7 });
    visitor.broken_by(fault).await;
    for _ in 0..2 {
        assert_eq!(visitor.next().await, (503, "7".to_owned()));
    }
    let line = visitor.proxy.logged("\"GET /events\" 503").await;
    for node in visitor.cluster.addresses() {
        assert!(line.contains(&node), "{node} was not tried: {line}");
    }
    visitor.resumed().await;
}

#[tokio::test]
async fn faults_are_rejected_while_redis_is_down_and_work_after_its_restart() {
    let mut visitor = Visitor::arrive().await;
    let fault = json!({ "kind": "cut" });
    visitor.cluster.redis.kill().await;
    let rejected = visitor.elsewhere.post("/demo/faults", fault.clone()).await;
    let actual = (rejected.status.as_u16(), rejected.header("retry-after"));
    assert_eq!(actual, (503, "1"));
    visitor.cluster.redis.restart().await;
    soon(async {
        let again = || visitor.elsewhere.post("/demo/faults", fault.clone());
        while again().await.status != 204 {}
    })
    .await;
    assert!(visitor.stream.try_all().await.is_err());
}

#[tokio::test]
async fn stall_silences_the_stream_on_another_node_and_loses_no_event() {
    let mut visitor = Visitor::arrive().await;
    let bob = visitor.proxy.client().login("bob", 900).await;
    let mut witness = bob.open("/events").await;
    let fault = json!({ "kind": "stall", "seconds": 2 });
    let answer = visitor.elsewhere.post("/demo/faults", fault).await;
    assert_eq!(answer.status, 204);

    let mut missed = VecDeque::new();
    // The other node receives the command after an unknown delay.
    while missed.is_empty() {
        let id = visitor.ann.publish("update", "x").await;
        assert_eq!(witness.until("update").await.id.as_ref(), Some(&id));
        let at_once = timeout(Duration::from_millis(500), visitor.stream.until("update"));
        match at_once.await {
            Ok(update) => assert_eq!(update.id, Some(id)),
            Err(_) => missed.push_back(id),
        }
    }
    missed.push_back(visitor.ann.publish("update", "y").await);
    for id in missed {
        assert_eq!(visitor.stream.until("update").await.id, Some(id));
    }
}

#[tokio::test]
async fn lines_are_written_into_the_log_of_every_node() {
    let Visitor {
        cluster, elsewhere, ..
    } = Visitor::arrive().await;
    let mut logs = Vec::new();
    for node in &cluster.nodes {
        logs.push(node.client().open("/logs").await);
    }
    let lines = json!({ "per_second": 500, "seconds": 1 });
    assert_eq!(elsewhere.post("/demo/lines", lines).await.status, 202);
    for log in &mut logs {
        while log.event().await.data != "line 500 of a burst of 500 a second" {}
    }
}

#[tokio::test]
async fn metrics_are_published_by_one_node_and_count_the_users_of_all_nodes() {
    let cluster = Cluster::start(&["--metrics-interval", "0.1"]).await;
    let mut streams = Vec::new();
    for (node, user) in cluster.nodes.iter().zip(["ann", "bob", "eve"]) {
        let client = node.client().login(user, 900).await;
        streams.push(client.open("/events").await);
    }
    let mut metrics = streams[0].until("metrics").await;
    while metrics.json()["activeUsers"] != 3 {
        metrics = streams[0].until("metrics").await;
    }
    assert_eq!(metrics.json()["connections"], 3);
    // Ids are consecutive, so the difference of two ids is the number of events.
    let ann = cluster.nodes[0].client().login("ann", 900).await;
    let (began, first) = (Instant::now(), number(&ann.publish("mark", "").await));
    sleep(Duration::from_secs(1)).await;
    let between = number(&ann.publish("mark", "").await) - first - 1;
    let at_most = began.elapsed().as_secs_f64() / 0.075 + 1.0;
    assert!((1.0..=at_most).contains(&f64::from(between)), "{between}");
}

fn number(id: &str) -> u32 {
    id.split_once('-').unwrap().1.parse().unwrap()
}
