//! The identity and health of the event log: a store that is deleted, evicted, trimmed, rolled back,
//! replaced, full or damaged. No id is assigned twice, and every client gets a `gap`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use server_fixture::event_log::FileLog;
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

// Redis.

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
        matches!(heartbeat, Some(support::Seen::Id(_))),
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

// All stores.

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

// The file.

async fn node_with(path: &str) -> Node {
    Node::start(&["--log", &format!("file:{path}"), "--keep", "1000"]).await
}

#[tokio::test]
async fn deleted_file_begins_a_new_epoch() {
    let folder = Folder::new();
    let path = folder.join("events.redb");
    let node = node_with(&path).await;
    assert_new_epoch(&node, &[], async || fs::remove_file(&path).unwrap()).await;
    assert!(Path::new(&path).exists());
}

#[tokio::test]
async fn replaced_file_begins_a_new_epoch() {
    let folder = Folder::new();
    let (path, other) = (folder.join("events.redb"), folder.join("other.redb"));
    let foreign = node_with(&other).await;
    let before = publish_all(&foreign.client().login("bob", 900).await, 5).await;
    foreign.kill().await;
    let node = node_with(&path).await;
    assert_new_epoch(&node, &before, async || fs::rename(&other, &path).unwrap()).await;
}

#[tokio::test]
async fn file_that_is_rolled_back_in_place_begins_a_new_epoch() {
    let folder = Folder::new();
    let (path, copy) = (folder.join("events.redb"), folder.join("copy"));
    let node = node_with(&path).await;
    let before = publish_all(&node.client().login("bob", 900).await, 2).await;
    fs::copy(&path, &copy).unwrap();
    assert_new_epoch(&node, &before, async || {
        fs::copy(&copy, &path).unwrap();
    })
    .await;
}

#[tokio::test]
async fn truncated_file_begins_a_new_epoch() {
    let folder = Folder::new();
    let path = folder.join("events.redb");
    let node = node_with(&path).await;
    assert_new_epoch(&node, &[], async || fs::write(&path, "").unwrap()).await;
}

#[tokio::test]
async fn file_that_is_rolled_back_or_replaced_between_two_runs_begins_a_new_epoch() {
    for restores in ["the log", "the log alone", "both"] {
        let folder = Folder::new();
        let (path, copy) = (folder.join("events.redb"), folder.join("copy"));
        let node = node_with(&path).await;
        publish_all(&node.client().login("bob", 900).await, 2).await;
        node.kill().await;
        let (head, head_copy) = (folder.join("events.redb.head"), folder.join("head.copy"));
        fs::copy(&path, &copy).unwrap();
        fs::copy(&head, &head_copy).unwrap();
        let node = node_with(&path).await;
        let lost = publish_all(&node.client().login("bob", 900).await, 2).await;
        assert!(lost[0].ends_with("-3"));
        node.kill().await;
        match restores {
            "the log" => drop(fs::copy(&copy, &path).unwrap()),
            "the log alone" => {
                fs::copy(&copy, &path).unwrap();
                fs::remove_file(&head).unwrap();
            }
            _ => {
                fs::rename(&copy, &path).unwrap();
                fs::rename(&head_copy, &head).unwrap();
            }
        }
        let node = node_with(&path).await;
        let bob = node.client().login("bob", 900).await;
        let next = publish_all(&bob, 1).await;
        assert!(epoch(&next[0]) > epoch(&lost[0]));
        let mut stream = bob.with("last-event-id", &lost[1]).stream("/events").await;
        assert_eq!(stream.event().await.json()["reason"], "epoch");
    }
}

#[tokio::test]
async fn file_on_a_full_disk_fails_readiness_and_recovers_without_a_restart() {
    let folder = Folder::new();
    let path = folder.join("events.redb");
    let log = format!("file:{path}");
    let node = Node::start_with_file_size_limits(&["--log", &log, "--keep", "1000"]).await;
    let mut reader = Reader::open(&node).await;
    let mut ids = publish_all(&reader.client, 3).await;
    for _ in 0..2 {
        node.limit_file_size(Some(fs::metadata(&path).unwrap().len() / 2));
        let large = "x".repeat(60_000);
        soon(async {
            loop {
                let body = json!({ "type": "update", "data": large });
                let answer = reader.client.post("/publish", body).await;
                if answer.status == 503 {
                    break;
                }
                ids.push(answer.json()["id"].as_str().unwrap().to_owned());
            }
        })
        .await;
        until_ready_is(&reader.client, 503).await;
        node.logs("cannot be written").await;
        node.logs(&path).await;
        node.limit_file_size(None);
        until_ready_is(&reader.client, 200).await;
        ids.extend(publish_all(&reader.client, 1).await);
    }
    // A rejected event may be stored, but no id is missing and none is assigned twice.
    let mut expected = 0;
    for id in &ids {
        loop {
            expected += 1;
            let event = reader.stream.event().await.id.unwrap();
            assert_eq!(event, format!("{}-{expected}", epoch(&ids[0])));
            if event == *id {
                break;
            }
        }
    }
}

#[tokio::test]
async fn second_server_on_a_file_is_an_error_with_advice() {
    let folder = Folder::new();
    let path = folder.join("events.redb");
    let node = node_with(&path).await;
    let ids = publish_all(&node.client().login("bob", 900).await, 1).await;
    let log = format!("file:{path}");
    let error = Node::try_start(&["--port", "0"], &["--log", &log])
        .await
        .err()
        .unwrap();
    assert!(
        error.contains(&path) && error.contains("Another server"),
        "{error}"
    );
    let next = publish_all(&node.client().login("bob", 900).await, 1).await;
    assert_eq!(epoch(&next[0]), epoch(&ids[0]));
}

#[tokio::test]
async fn file_stays_open_while_clients_read_and_write_at_once() {
    let folder = Folder::new();
    let node = node_with(&folder.join("events.redb")).await;
    let bob = node.client().login("bob", 900).await;
    publish_all(&bob, 1).await;
    let read = async || {
        for _ in 0..200 {
            // The start of a replay is looked up in the file.
            let head = bob.get_head("/events?last_event_id=earliest").await;
            assert_eq!(head.status, 200);
        }
    };
    let write = async || {
        for _ in 0..200 {
            let body = json!({ "type": "update", "data": "x" });
            assert_eq!(bob.post("/publish", body).await.status, 200);
        }
    };
    tokio::join!(read(), read(), read(), write(), write());
    assert!(!node.log().contains("ERROR"), "{}", node.log());
    assert!(!node.log().contains("opens it again"), "{}", node.log());
}

/// Returns the bytes of a log file with some events, as `kill -9` or a clean shutdown leaves it.
async fn log_file(folder: &Folder) -> Vec<u8> {
    let path = folder.join("whole.redb");
    let node = node_with(&path).await;
    publish_all(&node.client().login("bob", 900).await, 20).await;
    node.kill().await;
    fs::read(&path).unwrap()
}

#[tokio::test]
async fn damaged_file_is_an_error_with_its_path_and_advice() {
    let folder = Folder::new();
    let whole = log_file(&folder).await;
    let path = folder.join("damaged.redb");
    let no_log = b"This is a text and not an event log.".repeat(200);
    let mut wrong_page_size = whole.clone();
    wrong_page_size[12..16].fill(0xff);
    let mut wrong_pages = whole.clone();
    wrong_pages[512..].fill(0xa5);
    let cut = whole[..whole.len() / 3].to_vec();
    for damaged in [no_log, wrong_page_size, wrong_pages, cut] {
        fs::write(&path, damaged).unwrap();
        let log = format!("file:{path}");
        let error = Node::try_start(&["--port", "0"], &["--log", &log])
            .await
            .err()
            .unwrap();
        assert!(
            error.contains(&path) && error.contains("move the file away"),
            "{error}"
        );
        assert!(!error.contains("panicked"), "{error}");
    }
}

/// Opens the damaged file in this process, where a panic would fail the test.
async fn open_damaged(path: &str, damaged: &[u8]) {
    fs::write(path, damaged).unwrap();
    match FileLog::open(Path::new(path), 100).await {
        Ok(log) => drop(log),
        Err(error) => assert!(error.to_string().contains(path), "{error}"),
    }
}

#[tokio::test]
async fn damaged_header_is_survived() {
    let folder = Folder::in_memory();
    let whole = log_file(&folder).await;
    let path = folder.join("damaged.redb");
    // The first 64 bytes describe the layout, the next 256 the last two commits.
    for place in (0..64).step_by(3).chain((64..320).step_by(19)) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0xff;
        open_damaged(&path, &damaged).await;
    }
}

#[tokio::test]
async fn damaged_content_is_survived() {
    let folder = Folder::in_memory();
    let whole = log_file(&folder).await;
    let path = folder.join("damaged.redb");
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..10 {
        let mut damaged = whole.clone();
        let start = random.usize(512..damaged.len() - 64);
        damaged[start..start + 64].fill_with(|| random.u8(..));
        open_damaged(&path, &damaged).await;
        open_damaged(&path, &whole[..random.usize(..whole.len())]).await;
    }
}

#[tokio::test]
async fn file_that_is_damaged_while_it_is_open_recovers_when_it_is_moved_away() {
    let folder = Folder::new();
    let path = folder.join("events.redb");
    let node = node_with(&path).await;
    assert_new_epoch(&node, &[], async || {
        fs::write(&path, vec![0x5a; 100_000]).unwrap();
        let publisher = node.client().login("bob", 900).await;
        until_ready_is(&publisher, 503).await;
        let body = json!({ "type": "update", "data": "x" });
        assert_eq!(publisher.post("/publish", body).await.status, 503);
        let log = node.log();
        assert!(
            log.contains(&path) && log.contains("move the file away"),
            "{log}"
        );
        assert!(!log.contains("panicked"), "{log}");
        fs::rename(&path, folder.join("away")).unwrap();
    })
    .await;
}

// Revoked tokens.

async fn log_out(node: &Node, token: &str) {
    let client = node
        .client()
        .with("authorization", &format!("Bearer {token}"));
    assert_eq!(client.get_head("/events").await.status, 200);
    assert_eq!(client.request("POST", "/logout").await.status, 204);
}

async fn assert_is_revoked(node: &Node, token: &str) {
    let client = node
        .client()
        .with("authorization", &format!("Bearer {token}"));
    assert_eq!(client.get_head("/events").await.status, 401);
}

#[tokio::test]
async fn revoked_token_stays_revoked_after_a_restart_with_a_file() {
    let folder = Folder::new();
    let path = folder.join("events.redb");
    let node = node_with(&path).await;
    let token = node.client().token("ann", 900).await;
    log_out(&node, &token).await;
    node.kill().await;
    let node = node_with(&path).await;
    assert_is_revoked(&node, &token).await;
    let other = node.client().token("ann", 900).await;
    log_out(&node, &other).await;
}

#[tokio::test]
async fn token_that_is_revoked_on_a_full_disk_is_stored_later() {
    let folder = Folder::new();
    let path = folder.join("events.redb");
    let log = format!("file:{path}");
    let node = Node::start_with_file_size_limits(&["--log", &log]).await;
    let token = node.client().token("ann", 900).await;
    let ann = node
        .client()
        .with("authorization", &format!("Bearer {token}"));
    node.limit_file_size(Some(1));
    let answer = ann.request("POST", "/logout").await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_is_revoked(&node, &token).await;
    node.limit_file_size(None);
    soon(async {
        while !node.log().contains("Stored a logout") {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    node.kill().await;
    assert_is_revoked(&node_with(&path).await, &token).await;
}

#[tokio::test]
async fn revoked_token_stays_revoked_after_the_file_was_deleted() {
    let folder = Folder::new();
    let path = folder.join("events.redb");
    let node = node_with(&path).await;
    let token = node.client().token("ann", 900).await;
    log_out(&node, &token).await;
    fs::remove_file(&path).unwrap();
    // The server notices the deletion, and stores what it knows in the new file within two heartbeats.
    until_ready_is(&node.client(), 503).await;
    until_ready_is(&node.client(), 200).await;
    node.kill().await;
    assert_is_revoked(&node_with(&path).await, &token).await;
}

#[tokio::test]
async fn revoked_token_stays_revoked_on_new_nodes_after_redis_lost_its_data() {
    let redis = Redis::start().await;
    let node = node_on(&redis).await;
    let token = node.client().token("ann", 900).await;
    log_out(&node, &token).await;
    assert_is_revoked(&node_on(&redis).await, &token).await;
    let () = redis.ask(&["FLUSHALL"]).await;
    soon(async { while redis.ask::<u8>(&["EXISTS", "sse:revoked"]).await == 0 {} }).await;
    assert_is_revoked(&node_on(&redis).await, &token).await;
}
