//! The event logs that survive a process: a file, and Redis with several nodes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

mod support;

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use support::process::Folder;
use support::servers::{Node, Redis};
use support::{Seen, Server, soon};
use tokio::time::sleep;

// The file.

#[tokio::test]
async fn file_log_survives_a_restart_with_its_epoch() {
    let folder = Folder::new();
    let log = format!("file:{}", folder.join("events.redb"));
    let server = Server::start(&["--log", &log]).await;
    let ann = server.login("ann").await;
    let first = ann.publish("update", "1").await;
    ann.post(
        "/publish",
        json!({ "type": "update", "data": "for bob", "to": "bob" }),
    )
    .await;
    ann.publish("update", "\u{20ac}\n").await;
    server.stop().await;
    let server = Server::start(&["--log", &log]).await;
    let ann = server.login("ann").await.with("last-event-id", &first);
    let mut stream = ann.open("/events").await;
    assert_eq!(stream.event().await.data, "\u{20ac}\n");
    let fourth = ann.publish("update", "4").await;
    assert_eq!(stream.event().await.id, Some(fourth.clone()));
    assert_eq!(fourth.split('-').next(), first.split('-').next());
    assert!(fourth.ends_with("-4"));
}

#[tokio::test]
async fn file_log_trims_events_and_reports_the_gap() {
    let folder = Folder::new();
    let log = format!("file:{}", folder.join("events.redb"));
    let server = Server::start(&["--log", &log, "--keep", "5"]).await;
    let ann = server.login("ann").await;
    let first = ann.publish("update", "1").await;
    for number in 2..=20 {
        ann.publish("update", &number.to_string()).await;
    }
    server.stop().await;
    let server = Server::start(&["--log", &log, "--keep", "5"]).await;
    let ann = server.login("ann").await.with("last-event-id", &first);
    let mut stream = ann.stream("/events").await;
    let gap = stream.event().await.json();
    assert_eq!(
        (&gap["reason"], &gap["missed"]),
        (&json!("trimmed"), &json!(14))
    );
    assert_eq!(stream.until("update").await.data, "16");
}

#[tokio::test]
async fn file_log_keeps_every_acknowledged_event_after_kill_9() {
    let folder = Folder::new();
    let log = format!("file:{}", folder.join("events.redb"));
    let mut acknowledged = 0;
    for round in 0..4 {
        let node = Node::start(&["--log", &log, "--keep", "100000"]).await;
        let ann = node.client().login("ann", 900).await;
        let publisher = tokio::spawn(async move {
            let mut count = 0;
            loop {
                let body = json!({ "type": "update", "data": format!("{round}/{count}") });
                // The kill breaks this connection and thus ends this round.
                match ann.try_post("/publish", body).await {
                    Ok(answer) if answer.status == 200 => count += 1,
                    _ => return count,
                }
            }
        });
        sleep(Duration::from_millis(300)).await;
        node.kill().await;
        acknowledged += soon(publisher).await.unwrap();
    }
    let server = Server::start(&["--log", &log, "--keep", "100000"]).await;
    let ann = server.login("ann").await;
    let last = ann.publish("end", "").await;
    let mut stream = ann.open("/events?last_event_id=earliest").await;
    let mut stored = 0_u64;
    loop {
        let event = stream.event().await;
        stored += 1;
        assert!(
            event.id.unwrap().ends_with(&format!("-{stored}")),
            "ids stay dense"
        );
        if event.event_type == "end" {
            break;
        }
    }
    assert!(
        acknowledged > 0 && stored > acknowledged,
        "{stored} stored, {acknowledged} acknowledged"
    );
    assert!(last.ends_with(&format!("-{stored}")));
}

#[tokio::test]
async fn file_log_that_cannot_be_opened_is_an_error_with_the_path() {
    let config = server_fixture::Config::from_flags(["--demo", "--log", "file:/nowhere/at/all"]);
    let error = server_fixture::Server::open(config.unwrap())
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
}

// Three nodes on one Redis.

async fn three_nodes(redis: &Redis, flags: &[&str]) -> [Server; 3] {
    let url = redis.url();
    let all = [&["--log", url.as_str()], flags].concat();
    [
        Server::start(&all).await,
        Server::start(&all).await,
        Server::start(&all).await,
    ]
}

#[tokio::test]
async fn three_nodes_share_one_order_of_ids_and_resume_each_others_clients() {
    let redis = Redis::start().await;
    let nodes = three_nodes(&redis, &["--keep", "1000"]).await;
    let mut clients = Vec::new();
    for node in &nodes {
        clients.push(node.login("ann").await);
    }
    let mut streams = Vec::new();
    for client in &clients {
        streams.push(client.open("/events").await);
    }
    let mut ids = Vec::new();
    for number in 0..30 {
        ids.push(
            clients[number % 3]
                .publish("update", &number.to_string())
                .await,
        );
    }
    for stream in &mut streams {
        for id in &ids {
            assert_eq!(stream.until("update").await.id.as_ref(), Some(id));
        }
    }
    for (number, client) in clients.iter().enumerate() {
        let mut resumed = client
            .clone()
            .with("last-event-id", &ids[number])
            .open("/events")
            .await;
        for id in &ids[number + 1..] {
            assert_eq!(resumed.event().await.id.as_ref(), Some(id));
        }
    }
}

#[tokio::test]
async fn three_nodes_read_events_behind_their_rings_and_report_trimmed_events() {
    let redis = Redis::start().await;
    let [first, second, _] = three_nodes(&redis, &["--keep", "50"]).await;
    let ann = first.login("ann").await;
    let cursor = ann.publish("update", "0").await;
    for number in 1..120 {
        ann.publish("update", &number.to_string()).await;
    }
    // The ring of a new node is empty, so all events come from the log.
    let late = Server::start(&["--log", &redis.url(), "--keep", "50"]).await;
    for node in [&late, &second] {
        let mut all = node
            .login("ann")
            .await
            .open("/events?last_event_id=earliest")
            .await;
        assert_eq!(all.event().await.data, "70");
    }
    let mut behind = late
        .login("ann")
        .await
        .with("last-event-id", &cursor)
        .stream("/events")
        .await;
    let gap = behind.event().await.json();
    assert_eq!(
        (&gap["reason"], &gap["missed"]),
        (&json!("trimmed"), &json!(69))
    );
    assert_eq!(behind.until("update").await.data, "70");
}

#[tokio::test]
async fn three_nodes_return_each_others_tasks() {
    let redis = Redis::start().await;
    let [first, second, third] = three_nodes(&redis, &["--task-step", "0.02"]).await;
    let started = first.client().post("/api/tasks", json!({})).await;
    let path = format!("/api/tasks/{}", started.json()["taskId"].as_str().unwrap());
    assert_eq!(second.client().get(&path).await.status, 200);
    let states = third
        .client()
        .stream(&format!("{path}/progress"))
        .await
        .rest()
        .await;
    assert!(matches!(states.last(), Some(Seen::Event { data, .. }) if data.contains("completed")));
}

#[tokio::test]
async fn three_nodes_share_one_rate_window() {
    let redis = Redis::start().await;
    let nodes = three_nodes(&redis, &["--rate-limit", "5"]).await;
    let token = nodes[0].client().token("ann", 900).await;
    let bearer = format!("Bearer {token}");
    let mut statuses = Vec::new();
    for number in 0..9 {
        let client = nodes[number % 3].client();
        let answer = client
            .with("authorization", &bearer)
            .post("/publish", json!({ "type": "update", "data": "x" }))
            .await;
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429, 429, 429]);
}

#[tokio::test]
async fn rate_window_without_an_end_gets_one() {
    let redis = Redis::start().await;
    let server = Server::start(&["--log", &redis.url(), "--rate-limit", "5"]).await;
    let () = redis.ask(&["SET", "sse:rate:user:ann", "100"]).await;
    let ann = server.login("ann").await;
    let publication = json!({ "type": "update", "data": "x" });
    let refused = ann.post("/publish", publication).await;
    assert_eq!(refused.status, 429);
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((890..=901).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn three_nodes_share_a_connection_limit_and_drop_a_killed_node() {
    let redis = Redis::start().await;
    let url = redis.url();
    let doomed = Node::start(&["--log", &url, "--max-cluster", "2"]).await;
    let other = Server::start(&["--log", &url, "--max-cluster", "2"]).await;
    let ann = doomed.client().login("ann", 900).await;
    let _open = (ann.open("/events").await, ann.open("/events").await);
    let here = other.login("ann").await;
    soon(async {
        while here.get_head("/events").await.status != 503 {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    doomed.kill().await;
    soon(async {
        while here.get_head("/events").await.status != 200 {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn three_nodes_share_revoked_tokens() {
    let redis = Redis::start().await;
    let [first, second, _] = three_nodes(&redis, &["--heartbeat", "0.1"]).await;
    let token = first.client().token("ann", 900).await;
    let bearer = format!("Bearer {token}");
    let mut there = second
        .client()
        .with("authorization", &bearer)
        .open("/events")
        .await;
    let here = first.client().with("authorization", &bearer);
    assert_eq!(here.request("POST", "/logout").await.status, 204);
    there.rest().await;
    assert_eq!(
        second
            .client()
            .with("authorization", &bearer)
            .get("/events")
            .await
            .status,
        401
    );
}

// Redis is down.

#[tokio::test]
async fn redis_down_keeps_streams_open_and_returns_503_for_publish_and_readiness() {
    let mut redis = Redis::start().await;
    let server = Server::start(&["--log", &redis.url(), "--heartbeat", "0.2"]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events").await;
    let before = ann.publish("update", "before").await;
    assert_eq!(stream.until("update").await.data, "before");
    redis.kill().await;
    soon(async { while ann.get("/health/ready").await.status != 503 {} }).await;
    assert_eq!(ann.get("/health/live").await.status, 200);
    let rejected = ann
        .post("/publish", json!({ "type": "update", "data": "x" }))
        .await;
    assert_eq!(
        (rejected.status.as_u16(), rejected.header("retry-after")),
        (503, "1")
    );
    while stream.next().await != Some(Seen::Comment("heartbeat".to_owned())) {}
    // A recent cursor is resumed from the ring.
    let mut resumed = ann
        .clone()
        .with("last-event-id", &before)
        .open("/events")
        .await;
    redis.restart().await;
    soon(async { while ann.get("/health/ready").await.status != 200 {} }).await;
    let after = ann.publish("update", "after").await;
    assert_eq!(stream.until("update").await.id, Some(after.clone()));
    assert_eq!(resumed.until("update").await.id, Some(after.clone()));
    // The restarted Redis may have lost its last events, so it begins a new epoch. A client of the
    // old epoch gets a gap, and continues from its position.
    assert_ne!(before.split('-').next(), after.split('-').next());
    let late = Server::start(&["--log", &redis.url()]).await;
    let mut late = late
        .login("ann")
        .await
        .with("last-event-id", &before)
        .stream("/events")
        .await;
    assert_eq!(late.until("gap").await.json()["reason"], "epoch");
    late.until("connected").await;
    assert_eq!(late.event().await.id, Some(after));
}

#[tokio::test]
async fn redis_without_its_events_is_reported_as_a_gap() {
    let mut redis = Redis::start().await;
    let server = Server::start(&["--log", &redis.url()]).await;
    let before = server.login("ann").await.publish("update", "before").await;
    redis.kill().await;
    redis.forget();
    redis.restart().await;
    let ann = server.login("ann").await;
    let lost = soon(async {
        loop {
            let answer = ann
                .post("/publish", json!({ "type": "update", "data": "after" }))
                .await;
            if answer.status == 200 {
                return answer.json()["id"].as_str().unwrap().to_owned();
            }
        }
    });
    let after = lost.await;
    let late = Server::start(&["--log", &redis.url()]).await;
    let mut stream = late
        .login("ann")
        .await
        .with("last-event-id", &before)
        .stream("/events")
        .await;
    assert_eq!(stream.event().await.json()["reason"], "epoch");
    assert_eq!(stream.until("update").await.id, Some(after));
}

#[tokio::test]
async fn redis_that_hangs_does_not_delay_streams_that_need_only_memory() {
    let redis = Redis::start().await;
    // The rate limit makes each request wait for Redis.
    let server = Server::start(&["--log", &redis.url(), "--rate-limit", "1000"]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events").await;
    let last = ann.publish("update", "before").await;
    stream.until("update").await;
    let coming_back = ann.clone().with("last-event-id", &last);
    redis.hang();
    // If each request waited for its own timeout, most would be too late.
    let answers = join_all((0..12).map(|_| coming_back.get_head("/events"))).await;
    for answer in answers {
        assert_eq!(answer.status, 200);
    }
    redis.go_on();
    soon(async { while ann.get("/health/ready").await.status != 200 {} }).await;
    let after = ann.publish("update", "after").await;
    assert_eq!(stream.until("update").await.id, Some(after));
}

#[tokio::test]
async fn redis_that_was_a_replica_begins_another_epoch() {
    // Both Redis servers write every event to disk.
    let lasting = ["--appendfsync", "always"];
    let mut primary = Redis::start_with(&lasting).await;
    let place = ["--replicaof", "127.0.0.1", &primary.port().to_string()];
    let replica = Redis::start_with(&[lasting.as_slice(), &place].concat()).await;
    let server = Server::start(&["--log", &primary.url()]).await;
    let ann = server.login("ann").await;
    let kept = ann.publish("update", "on both").await;
    soon(async { while primary.ask::<u8>(&["WAIT", "1", "100"]).await != 1 {} }).await;
    let () = replica.ask(&["REPLICAOF", "NO", "ONE"]).await;
    let lost = ann.publish("update", "on the primary alone").await;
    primary.kill().await;

    let server = Server::start(&["--log", &replica.url()]).await;
    let ann = server.login("ann").await;
    let next = ann.publish("update", "next").await;
    assert_ne!(lost.split('-').next(), next.split('-').next());
    let coming_back = ann.with("last-event-id", &lost);
    let mut stream = coming_back.stream("/events").await;
    assert_eq!(stream.until("gap").await.json()["reason"], "epoch");
    // The client gets all stored events, because the lost events are unknown.
    assert_eq!(stream.until("update").await.id, Some(kept));
    assert_eq!(stream.until("update").await.id, Some(next));
}
