//! The reference's log streaming.

use std::io::Write;
use std::time::Duration;

use tokio::time::sleep;

use crate::support::Server;
use crate::support::process::Folder;

#[tokio::test]
async fn logs_follow_appends_rotation_and_truncation_and_send_whole_lines() {
    let folder = Folder::new();
    let path = folder.0.join("app.log");
    let mut file = std::fs::File::create(&path).unwrap();
    let old: String = (0..50).map(|number| format!("old {number}\n")).collect();
    file.write_all(old.as_bytes()).unwrap();
    let server = Server::start(&["--tail", path.to_str().unwrap()]).await;
    let mut stream = server.client().open("/logs").await;
    while stream.until("message").await.data != "old 49" {}
    file.write_all("half é".as_bytes()).unwrap();
    file.flush().unwrap();
    sleep(Duration::from_millis(250)).await;
    file.write_all(b" line\r\nforged\rid: 7\n").unwrap();
    assert_eq!(stream.event().await.data, "half é line");
    let forged = stream.event().await;
    assert_eq!(forged.data, "forged\nid: 7");
    assert_ne!(forged.id.as_deref(), Some("7"));
    std::fs::rename(&path, path.with_extension("1")).unwrap();
    file.write_all(b"after the rename\n").unwrap();
    std::fs::write(&path, "new file\n").unwrap();
    assert_eq!(stream.event().await.data, "after the rename");
    assert_eq!(stream.event().await.data, "new file");
    std::fs::write(&path, "cut\n").unwrap();
    assert_eq!(stream.event().await.data, "cut");
}

#[tokio::test]
async fn logs_begin_with_the_last_ten_lines_and_resume_like_events() {
    let folder = Folder::new();
    let path = folder.0.join("app.log");
    let old: String = (0..50).map(|number| format!("old {number}\n")).collect();
    std::fs::write(&path, old).unwrap();
    let server = Server::start(&["--tail", path.to_str().unwrap()]).await;
    let mut first = server.client().open("/logs").await;
    while first.until("message").await.data != "old 49" {}
    let cursor = first.last_event_id.clone();
    let mut second = server.client().open("/logs").await;
    assert_eq!(
        second.until("message").await.data,
        r#"{"text":"Connected to server"}"#
    );
    assert_eq!(second.event().await.data, "old 40");
    drop(first);
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap();
    file.write_all(b"missed\n").unwrap();
    let mut resumed = server
        .client()
        .with("last-event-id", &cursor)
        .open("/logs")
        .await;
    assert_eq!(resumed.event().await.data, "missed");
}
