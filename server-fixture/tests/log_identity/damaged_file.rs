//! A damaged log file is an error with advice, and never a panic.

use std::fs;
use std::path::Path;

use serde_json::json;
use server_fixture::event_log::FileLog;

use crate::support::process::Folder;
use crate::support::servers::Node;
use crate::{assert_new_epoch, node_with, publish_all, until_ready_is};

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
