//! The log in Redis: deleted, evicted, rolled back, replaced, trimmed by others, or full.

use std::fs;
use std::path::Path;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::process::Folder;
use crate::support::servers::Redis;
use crate::{EVENTS, Reader, assert_new_epoch, epoch, node_on, publish_all, until_ready_is};

#[tokio::test]
async fn deleted_redis_stream_begins_a_new_epoch() {
    let redis = Redis::start().await;
    let node = node_on(&redis).await;
    assert_new_epoch(&node, &[], async || redis.ask(&["DEL", EVENTS]).await).await;
}

#[tokio::test]
async fn deleted_redis_data_begins_a_new_epoch() {
    let redis = Redis::start().await;
    let node = node_on(&redis).await;
    assert_new_epoch(&node, &[], async || redis.ask(&["FLUSHALL"]).await).await;
}

#[tokio::test]
async fn deleted_redis_stream_is_reported_on_every_node_and_without_a_publish() {
    let redis = Redis::start().await;
    let nodes = [node_on(&redis).await, node_on(&redis).await];
    let mut readers = [Reader::open(&nodes[0]).await, Reader::open(&nodes[1]).await];
    let seen = publish_all(&readers[0].client, 2).await;
    for reader in &mut readers {
        reader.read(&seen).await;
    }
    let () = redis.ask(&["DEL", EVENTS]).await;
    for reader in &mut readers {
        let gap = reader.gap("epoch").await;
        assert_eq!(
            (&gap["first"], &gap["missed"]),
            (&json!(null), &json!(null))
        );
        until_ready_is(&reader.client, 503).await;
    }
    // The id-only block after the gap is a position in the new epoch: no second gap follows.
    let heartbeat = readers[0].stream.next().await;
    assert!(
        matches!(heartbeat, Some(crate::support::Seen::Id(_))),
        "{heartbeat:?}"
    );
    let cursor = readers[0].stream.last_event_id.clone();
    assert_ne!(epoch(&cursor), epoch(&seen[0]));
    let resumed = readers[1].client.clone().with("last-event-id", &cursor);
    let mut resumed = resumed.stream("/events").await;
    let after = publish_all(&readers[0].client, 1).await;
    assert_eq!(resumed.event().await.event_type, "connected");
    assert_eq!(resumed.event().await.id.as_ref(), after.last());
    for reader in &mut readers {
        reader.read(&after).await;
    }
}

#[tokio::test]
async fn evicted_redis_stream_begins_a_new_epoch() {
    let redis = Redis::start().await;
    let node = node_on(&redis).await;
    let publisher = node.client().login("bob", 900).await;
    assert_new_epoch(&node, &[], async || {
        let () = redis
            .ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"])
            .await;
        let () = redis.ask(&["CONFIG", "SET", "maxmemory", "1"]).await;
        // Every write evicts. Redis rejects this one, because evicting all keys is not enough.
        let body = json!({ "type": "update", "data": "x" });
        assert_eq!(publisher.post("/publish", body).await.status, 503);
        let () = redis.ask(&["CONFIG", "SET", "maxmemory", "0"]).await;
    })
    .await;
}

#[tokio::test]
async fn rolled_back_redis_stream_begins_a_new_epoch() {
    let redis = Redis::start().await;
    let node = node_on(&redis).await;
    let publisher = node.client().login("bob", 900).await;
    let before = publish_all(&publisher, 2).await;
    let () = redis.ask(&["COPY", EVENTS, "copy"]).await;
    assert_new_epoch(&node, &before, async || {
        let () = redis.ask(&["COPY", "copy", EVENTS, "REPLACE"]).await;
    })
    .await;
}

#[tokio::test]
async fn replaced_redis_stream_begins_a_new_epoch() {
    let redis = Redis::start().await;
    let node = node_on(&redis).await;
    assert_new_epoch(&node, &[], async || {
        let _: String = redis.ask(&["XADD", "other", "5-1", "d", "foreign"]).await;
        let () = redis.ask(&["RENAME", "other", EVENTS]).await;
    })
    .await;
}

#[tokio::test]
async fn every_other_way_to_change_the_redis_stream_begins_a_new_epoch() {
    let ways: [&[&str]; 7] = [
        &["PEXPIRE", EVENTS, "1"],
        &["RENAME", EVENTS, "elsewhere"],
        &["MOVE", EVENTS, "1"],
        &["SWAPDB", "0", "1"],
        &["FLUSHDB"],
        &["DEL", "sse:events:identity"],
        &["XSETID", EVENTS, "9000000000000000-5"],
    ];
    join_all(ways.map(async |way| {
        let redis = Redis::start().await;
        let node = node_on(&redis).await;
        assert_new_epoch(&node, &[], async || redis.ask(way).await).await;
    }))
    .await;
}

#[tokio::test]
async fn redis_stream_with_foreign_newer_events_is_a_gap_before_and_after_them() {
    let redis = Redis::start().await;
    let node = node_on(&redis).await;
    let mut reader = Reader::open(&node).await;
    let seen = publish_all(&reader.client, 2).await;
    reader.read(&seen).await;
    let foreign = "9000000000000000-1".to_owned();
    let _: String = redis
        .ask(&["XADD", "other", &foreign, "d", "foreign"])
        .await;
    let () = redis.ask(&["RENAME", "other", EVENTS]).await;
    assert_eq!(reader.gap("epoch").await["requested"], seen[1]);
    reader.read(std::slice::from_ref(&foreign)).await;
    assert_eq!(reader.gap("epoch").await["requested"], foreign);
    let after = publish_all(&reader.client, 2).await;
    assert!(epoch(&after[0]) > epoch(&foreign));
    reader.read(&after).await;
}

#[tokio::test]
async fn redis_restored_from_an_older_copy_begins_a_new_epoch() {
    // Redis writes every event to disk, so a restart alone begins no new epoch.
    let mut redis = Redis::start_with(&["--appendfsync", "always"]).await;
    let node = node_on(&redis).await;
    let publisher = node.client().login("bob", 900).await;
    let before = publish_all(&publisher, 2).await;
    let copy = Folder::in_memory();
    copy_folder(redis.folder(), &copy.0);
    assert_new_epoch(&node, &before, async || {
        redis.kill().await;
        redis.forget();
        copy_folder(&copy.0, redis.folder());
        redis.restart().await;
    })
    .await;
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn redis_events_that_left_before_a_node_read_them_are_a_gap() {
    let redis = Redis::start().await;
    let (node, other) = (node_on(&redis).await, node_on(&redis).await);
    let mut reader = Reader::open(&node).await;
    let publisher = other.client().login("bob", 900).await;
    let seen = publish_all(&publisher, 1).await;
    reader.read(&seen).await;
    node.hang().await;
    let lost = publish_all(&publisher, 10).await;
    let () = redis.ask(&["XTRIM", EVENTS, "MAXLEN", "0"]).await;
    node.go_on();
    // Redis may have sent the first events to the node before the trim.
    let (mut event, mut read) = (reader.stream.event().await, 0);
    while event.id.is_some() && event.id.as_ref() == lost.get(read) {
        (event, read) = (reader.stream.event().await, read + 1);
    }
    let gap = event.json();
    assert_eq!(event.event_type, "gap", "{event:?}");
    assert_eq!(
        (&gap["reason"], &gap["missed"]),
        (&json!("lag"), &json!(lost.len() - read))
    );
    let after = publish_all(&publisher, 1).await;
    assert_eq!(epoch(&after[0]), epoch(&lost[0]));
    reader.read(&after).await;
}

#[tokio::test]
async fn redis_events_that_are_deleted_from_the_middle_are_a_gap() {
    let redis = Redis::start().await;
    let (node, other) = (node_on(&redis).await, node_on(&redis).await);
    let mut reader = Reader::open(&node).await;
    let publisher = other.client().login("bob", 900).await;
    node.hang().await;
    let ids = publish_all(&publisher, 5).await;
    let _: u64 = redis.ask(&["XDEL", EVENTS, &ids[1], &ids[2]]).await;
    node.go_on();
    reader.read(&ids[..1]).await;
    assert_eq!(reader.gap("lag").await["missed"], 2);
    reader.read(&ids[3..]).await;
    // A client that replays the log gets the same gap.
    let mut replay = reader.client.open("/events?last_event_id=earliest").await;
    assert_eq!(replay.event().await.id.as_ref(), Some(&ids[0]));
    assert_eq!(replay.event().await.json()["missed"], 2);
}

#[tokio::test]
async fn redis_that_is_full_fails_readiness_and_recovers_without_a_publish() {
    let redis = Redis::start().await;
    let node = node_on(&redis).await;
    let mut reader = Reader::open(&node).await;
    let before = publish_all(&reader.client, 1).await;
    let () = redis.ask(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let body = json!({ "type": "update", "data": "x" });
    assert_eq!(reader.client.post("/publish", body).await.status, 503);
    assert_eq!(reader.client.get("/health/ready").await.status, 503);
    node.logs("cannot be written").await;
    let () = redis.ask(&["CONFIG", "SET", "maxmemory", "0"]).await;
    until_ready_is(&reader.client, 200).await;
    let after = publish_all(&reader.client, 1).await;
    reader.read(&[before, after].concat()).await;
}

#[tokio::test]
async fn redis_key_of_another_type_fails_readiness_until_it_is_deleted() {
    let redis = Redis::start().await;
    let node = node_on(&redis).await;
    assert_new_epoch(&node, &[], async || {
        let () = redis.ask(&["SET", EVENTS, "text"]).await;
        let publisher = node.client().login("bob", 900).await;
        until_ready_is(&publisher, 503).await;
        let body = json!({ "type": "update", "data": "x" });
        assert_eq!(publisher.post("/publish", body).await.status, 503);
        let () = redis.ask(&["DEL", EVENTS]).await;
    })
    .await;
}

#[tokio::test]
async fn redis_that_may_evict_the_log_is_a_warning_at_the_start() {
    let redis = Redis::start().await;
    let node = node_on(&redis).await;
    assert!(!node.log().contains("maxmemory-policy"), "{}", node.log());
    let () = redis
        .ask(&["CONFIG", "SET", "maxmemory-policy", "volatile-ttl"])
        .await;
    let node = node_on(&redis).await;
    let log = node.log();
    assert!(
        log.contains("WARN") && log.contains("`maxmemory-policy` is volatile-ttl"),
        "{log}"
    );
}
