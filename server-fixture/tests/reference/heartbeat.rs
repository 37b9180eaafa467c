//! The reference's heartbeat.

use std::time::Duration;

use tokio::time::sleep;

use crate::support::{Seen, Server};

#[tokio::test]
async fn heartbeat_is_a_comment_with_the_cursor_and_traffic_resets_it() {
    let server = Server::start(&["--heartbeat", "0.5"]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events?types=nothing").await;
    stream.event().await;
    let id = ann.publish("update", "filtered away").await;
    loop {
        match stream.next().await.unwrap() {
            Seen::Comment(text) => assert_eq!(text, "heartbeat"),
            Seen::Id(cursor) if cursor == id => break,
            other => panic!("{other:?}"),
        }
    }
    let mut busy = ann.open("/events").await;
    busy.event().await;
    for _ in 0..15 {
        sleep(Duration::from_millis(60)).await;
        ann.publish("update", "x").await;
        assert!(
            matches!(busy.next().await, Some(Seen::Event { .. })),
            "no heartbeat in traffic"
        );
    }
}
