//! The reference's cleanup of old streams, spread over time.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::support::{Seen, Server};
use crate::wait_for_metric;

#[tokio::test]
async fn stale_reconnection_times_differ_by_a_tenth() {
    let server = Server::start(&["--retry", "1000"]).await;
    let ann = server.login("ann").await;
    let mut times = Vec::new();
    for _ in 0..20 {
        let mut stream = ann.stream("/events").await;
        let Some(Seen::Retry(time)) = stream.next().await else {
            panic!("a stream begins with its reconnection time")
        };
        assert!((900..=1100).contains(&time), "{time}");
        times.push(time);
    }
    assert!(times.iter().any(|time| *time != times[0]), "{times:?}");
}

#[tokio::test]
async fn stale_streams_are_closed_at_their_age() {
    let server = Server::start(&["--max-age", "0.3"]).await;
    let mut stream = server.login("ann").await.open("/events").await;
    stream.rest().await;
    wait_for_metric(&server, "sse_disconnects_total{reason=\"age\"}", "1").await;
}

#[tokio::test]
async fn stale_streams_are_closed_at_their_age_even_if_they_are_behind() {
    const EVENTS: usize = 600;
    let server = Server::start(&["--max-age", "1", "--keep", "600", "--rate-limit", "0"]).await;
    let ann = server.login("ann").await;
    // Much more than the socket buffers hold.
    let data = "x".repeat(60_000);
    for _ in 0..EVENTS {
        ann.publish("update", &data).await;
    }
    let mut stream = ann.open("/events?last_event_id=earliest").await;
    let mut seen = 0;
    while let Some(item) = stream.next().await {
        seen += usize::from(matches!(item, Seen::Event { .. }));
        sleep(Duration::from_millis(10)).await;
    }
    assert!((1..EVENTS).contains(&seen), "{seen}");
    wait_for_metric(&server, "sse_disconnects_total{reason=\"age\"}", "1").await;
}

#[tokio::test]
async fn stale_streams_that_began_together_end_at_different_times() {
    let server = Server::start(&["--max-age", "2"]).await;
    let ann = server.login("ann").await;
    let began = Instant::now();
    let ends = (0..12).map(async |_| {
        ann.open("/events").await.rest().await;
        began.elapsed()
    });
    let ends = futures_util::future::join_all(ends).await;
    let (first, last) = (ends.iter().min().unwrap(), ends.iter().max().unwrap());
    assert!(*first >= Duration::from_millis(1800), "{first:?}");
    assert!(*last - *first > Duration::from_millis(50), "{ends:?}");
}

#[tokio::test]
async fn stale_streams_never_outlive_their_token() {
    let server = Server::start(&[]).await;
    let ann = server.client().login("ann", 2).await;
    let mut stream = ann.open("/events").await;
    stream.rest().await;
    assert_eq!(ann.get("/events").await.status, 401);
    wait_for_metric(&server, "sse_disconnects_total{reason=\"token\"}", "1").await;
}
