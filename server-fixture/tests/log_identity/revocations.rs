//! Revoked tokens stay revoked after the log was lost.

use std::fs;
use std::time::Duration;

use tokio::time::sleep;

use crate::support::process::Folder;
use crate::support::servers::{Node, Redis};
use crate::support::soon;
use crate::{node_on, node_with, until_ready_is};

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
