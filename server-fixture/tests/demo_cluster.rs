//! Demo mode on three nodes behind nginx: whichever node is asked, the visitor's streams are hit
//! where they are.

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

/// Someone who watches a stream through nginx while another node is asked for faults.
struct Visitor {
    cluster: Cluster,
    proxy: Proxy,
    ann: Client,
    stream: Stream,
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

    /// Asks the other node, and sees that the stream breaks where it is.
    async fn broken_by(&mut self, wish: Value) {
        let answer = self.elsewhere.post("/demo/faults", wish).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        let rest = self.stream.try_all().await;
        assert!(rest.is_err(), "broken, not ended: {rest:?}");
    }

    /// What the next request through nginx is answered, and after how many nodes.
    async fn next(&self) -> (u16, String) {
        let answer = self.ann.get_head("/events").await;
        (
            answer.status.as_u16(),
            answer.header("retry-after").to_owned(),
        )
    }

    /// The stream goes on after the last event that was seen, and has what was missed.
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
async fn faults_asked_of_one_node_hit_the_stream_on_another_and_lose_nothing() {
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
async fn a_503_on_request_is_seen_so_often_as_was_asked_although_nginx_tries_every_node() {
    let mut visitor = Visitor::arrive().await;
    let wish = json!({ "kind": "unavailable", "times": 2, "seconds": 7 });
    visitor.broken_by(wish).await;
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
async fn faults_are_refused_while_redis_is_away_and_work_again_when_it_is_back() {
    let mut visitor = Visitor::arrive().await;
    let wish = json!({ "kind": "cut" });
    visitor.cluster.redis.kill().await;
    let refused = visitor.elsewhere.post("/demo/faults", wish.clone()).await;
    let told = (refused.status.as_u16(), refused.header("retry-after"));
    assert_eq!(told, (503, "1"));
    visitor.cluster.redis.restart().await;
    soon(async {
        let again = || visitor.elsewhere.post("/demo/faults", wish.clone());
        while again().await.status != 204 {}
    })
    .await;
    assert!(visitor.stream.try_all().await.is_err());
}

#[tokio::test]
async fn silence_asked_of_one_node_falls_upon_the_stream_on_another_and_loses_nothing() {
    let mut visitor = Visitor::arrive().await;
    let bob = visitor.proxy.client().login("bob", 900).await;
    let mut witness = bob.open("/events").await;
    let wish = json!({ "kind": "stall", "seconds": 2 });
    let answer = visitor.elsewhere.post("/demo/faults", wish).await;
    assert_eq!(answer.status, 204);

    let mut missed = VecDeque::new();
    // The other node hears of it in its own time.
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
async fn lines_asked_of_one_node_are_written_into_the_log_of_each() {
    let Visitor {
        cluster, elsewhere, ..
    } = Visitor::arrive().await;
    let mut logs = Vec::new();
    for node in &cluster.nodes {
        logs.push(node.client().open("/logs").await);
    }
    let wish = json!({ "per_second": 500, "seconds": 1 });
    assert_eq!(elsewhere.post("/demo/lines", wish).await.status, 202);
    for log in &mut logs {
        while log.event().await.data != "line 500 of a burst of 500 a second" {}
    }
}

#[tokio::test]
async fn one_node_at_a_time_publishes_the_figures_and_counts_the_users_of_all() {
    let cluster = Cluster::start(&["--pulse", "0.1"]).await;
    let mut streams = Vec::new();
    for (node, user) in cluster.nodes.iter().zip(["ann", "bob", "eve"]) {
        let client = node.client().login(user, 900).await;
        streams.push(client.open("/events").await);
    }
    let mut figures = streams[0].until("metrics").await;
    while figures.json()["activeUsers"] != 3 {
        figures = streams[0].until("metrics").await;
    }
    assert_eq!(figures.json()["connections"], 3);
    // Ids are dense, so two of them tell how many events came between.
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
