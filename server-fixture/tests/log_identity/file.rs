//! The log in a file: deleted, replaced, rolled back, or on a full disk.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::process::Folder;
use crate::support::servers::Node;
use crate::support::soon;
use crate::{Reader, assert_new_epoch, epoch, node_with, publish_all, until_ready_is};

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
