//! The identity and health of the event log: a store that is deleted, evicted, trimmed, rolled back,
//! replaced, full or damaged. No id is assigned twice, and every client gets a `gap`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod damaged_file;
mod file;
mod redis;
mod revocations;

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use support::process::Folder;
use support::servers::{Node, Redis};
use support::{Client, Stream, soon};
use tokio::time::sleep;

/// The key of the events in Redis.
const EVENTS: &str = "sse:events";

/// Waits for a readiness check with this status.
async fn until_ready_is(client: &Client, status: u16) {
    soon(async {
        while client.get("/health/ready").await.status != status {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// Publishes as soon as the server accepts an event, and returns its id.
async fn publish_soon(client: &Client, data: &str) -> String {
    soon(async {
        loop {
            let body = json!({ "type": "update", "data": data });
            let answer = client.post("/publish", body).await;
            if answer.status == 200 {
                return answer.json()["id"].as_str().unwrap().to_owned();
            }
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

async fn publish_all(client: &Client, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        ids.push(publish_soon(client, &number.to_string()).await);
    }
    ids
}

/// A client with an open stream, and the ids that it saw.
struct Reader {
    client: Client,
    stream: Stream,
}

impl Reader {
    async fn open(node: &Node) -> Self {
        let client = node.client().login("ann", 900).await;
        let mut stream = client.open("/events").await;
        // The welcome is the last event of the opening.
        stream.until("message").await;
        Self { client, stream }
    }

    async fn read(&mut self, ids: &[String]) {
        for id in ids {
            let event = self.stream.event().await;
            assert_eq!(event.id.as_ref(), Some(id), "{event:?}");
        }
    }

    /// Reads a gap of this reason, which must be the next event.
    async fn gap(&mut self, reason: &str) -> serde_json::Value {
        let event = self.stream.event().await;
        assert_eq!(event.event_type, "gap", "{event:?}");
        let gap = event.json();
        assert_eq!(gap["reason"], reason);
        gap
    }
}

fn epoch(id: &str) -> u64 {
    id.split('-').next().unwrap().parse().unwrap()
}

/// Changes a store behind the back of a node. Then the node announces a gap, fails readiness, logs the
/// change, begins a new epoch and recovers by itself.
async fn assert_new_epoch(node: &Node, before: &[String], change: impl AsyncFnOnce()) {
    let mut reader = Reader::open(node).await;
    let seen = publish_all(&reader.client, 3).await;
    reader.read(&seen).await;
    change().await;
    until_ready_is(&reader.client, 503).await;
    let gap = reader.gap("epoch").await;
    assert_eq!(gap["requested"], *seen.last().unwrap());
    let after = publish_all(&reader.client, 3).await;
    reader.read(&after).await;
    assert!(
        epoch(&after[0]) > epoch(&seen[2]),
        "{after:?} after {seen:?}"
    );
    let all = before.iter().chain(&seen).chain(&after);
    let distinct: HashSet<&String> = all.clone().collect();
    assert_eq!(distinct.len(), all.count(), "no id is assigned twice");
    node.logs("began a new epoch").await;
    until_ready_is(&reader.client, 200).await;
    // A client that was away gets a gap too.
    let away = reader.client.clone().with("last-event-id", &seen[2]);
    let mut away = away.stream("/events").await;
    assert_eq!(away.event().await.json()["reason"], "epoch");
    away.until("connected").await;
    while away.event().await.id.as_ref() != after.last() {}
}

async fn node_on(redis: &Redis) -> Node {
    Node::start(&["--log", &redis.url(), "--keep", "1000"]).await
}

async fn node_with(path: &str) -> Node {
    Node::start(&["--log", &format!("file:{path}"), "--keep", "1000"]).await
}

/// Publishes faster than the log keeps events. Each event arrives, or is counted by a gap.
async fn assert_every_event_arrives_or_is_counted(node: &Node) {
    let mut reader = Reader::open(node).await;
    let publish = async || publish_all(&reader.client, 50).await;
    join_all([publish(), publish(), publish(), publish()]).await;
    let last = publish_all(&reader.client, 1).await.remove(0);
    let (epoch, count) = (epoch(&last), 201);
    let mut position = 0;
    while position < count {
        let event = reader.stream.event().await;
        if event.event_type == "gap" {
            let gap = event.json();
            assert_eq!(
                (&gap["requested"], &gap["reason"]),
                (&json!(format!("{epoch}-{position}")), &json!("lag"))
            );
            position += gap["missed"].as_u64().unwrap();
        } else {
            position += 1;
            assert_eq!(event.id, Some(format!("{epoch}-{position}")));
        }
    }
}

#[tokio::test]
async fn events_that_a_small_log_drops_are_counted() {
    let (redis, folder) = (Redis::start().await, Folder::new());
    let file = format!("file:{}", folder.join("events.redb"));
    for log in ["memory", &file, &redis.url()] {
        let node = Node::start(&["--log", log, "--keep", "1"]).await;
        assert_every_event_arrives_or_is_counted(&node).await;
    }
}
