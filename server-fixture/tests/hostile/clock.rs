//! The clock of the machine is set while the server runs. libfaketime (Debian: `faketime`) changes the
//! time of day that the server reads, and leaves its monotonic clock alone, as `date --set` does.

use std::path::Path;
use std::time::Duration;

use rustix::fs::rename;
use serde_json::json;
use tokio::time::sleep;

use crate::support::Seen;
use crate::support::process::{Folder, command};
use crate::support::servers::Node;

/// The folders of Debian's package, by architecture.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// A clock that a test can set.
struct Clock(Folder);

impl Clock {
    fn new() -> Self {
        let clock = Self(Folder::new());
        clock.set("+0");
        clock
    }

    fn path(&self) -> String {
        self.0.join("clock")
    }

    /// Sets the difference from the real time, such as `+2h`.
    fn set(&self, offset: &str) {
        let new = self.0.join("new");
        std::fs::write(&new, offset).unwrap();
        rename(&new, self.path()).unwrap();
    }

    async fn start(&self, flags: &[&str]) -> Node {
        let library = LIBRARIES.iter().find(|path| Path::new(path).exists());
        let library = library.expect("install libfaketime (Debian: apt-get install faketime)");
        let mut command = command(env!("CARGO_BIN_EXE_server-fixture"));
        command.env("LD_PRELOAD", library);
        command.env("FAKETIME_TIMESTAMP_FILE", self.path());
        command.env("FAKETIME_NO_CACHE", "1");
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command.args(["--demo", "--jwt-secret", "test", "--port", "0"]);
        command.args(["--metrics-interval", "0"]).args(flags);
        Node::run(command).await.unwrap()
    }
}

#[tokio::test]
async fn stream_ends_with_its_token_when_the_clock_is_set_forward() {
    let clock = Clock::new();
    let node = clock.start(&["--heartbeat", "0.2"]).await;
    let ann = node.client().login("ann", 900).await;
    let mut stream = ann.open("/events").await;
    clock.set("+1h");
    // A clean end.
    stream.rest().await;
    assert_eq!(ann.get("/events").await.status, 401);
    node.client().login("ann", 900).await.open("/events").await;
}

#[tokio::test]
async fn revoked_token_stays_revoked_whatever_the_clock_does() {
    let folder = Folder::new();
    let file = format!("file:{}", folder.join("events"));
    // Forward and back while the token is valid, and back behind the login.
    for (log, ttl, offsets) in [
        ("memory", 900, ["+2h", "+0"]),
        (&file, 900, ["+2h", "+0"]),
        ("memory", 2, ["-2h", "-1h"]),
        (&file, 2, ["-2h", "-1h"]),
    ] {
        let clock = Clock::new();
        let node = clock.start(&["--log", log]).await;
        let ann = node.client().login("ann", ttl).await;
        assert_eq!(ann.request("POST", "/logout").await.status, 204);
        for offset in offsets {
            clock.set(offset);
            // Each heartbeat exchanges the revocations with the store.
            for _ in 0..2 {
                let bob = node.client().login("bob", 900).await;
                assert_eq!(bob.request("POST", "/logout").await.status, 204);
                sleep(Duration::from_millis(1100)).await;
            }
            let answer = ann.get_head("/events").await;
            assert_eq!(answer.status, 401, "{log} {offset}");
        }
    }
}

#[tokio::test]
async fn clock_does_not_affect_heartbeats_rate_limits_tasks_or_ids() {
    for offset in ["+2h", "-2h"] {
        let clock = Clock::new();
        let flags = [
            "--heartbeat",
            "0.2",
            "--rate-limit",
            "6",
            "--task-step",
            "1",
        ];
        let node = clock.start(&flags).await;
        let ann = node.client().login("ann", 86_400).await;
        let mut stream = ann.open("/events").await;
        let first = ann.publish("update", "before").await;
        let task = ann.post("/api/tasks", json!({ "fail": true })).await.json();
        let path = format!("/api/tasks/{}/progress", task["taskId"].as_str().unwrap());
        let mut progress = ann.stream(&path).await;
        clock.set(offset);
        while !matches!(stream.next().await, Some(Seen::Comment(_))) {}
        let second = ann.publish("update", "after").await;
        let epoch = |id: &str| id.split('-').next().unwrap().to_owned();
        assert_eq!(epoch(&first), epoch(&second), "{offset}");
        // The task was not reported as lost: it fails at 50 percent, as requested.
        let last = progress
            .rest()
            .await
            .into_iter()
            .rev()
            .find_map(|item| match item {
                Seen::Event { data, .. } => Some(data),
                _ => None,
            });
        let last: serde_json::Value = serde_json::from_str(&last.unwrap()).unwrap();
        assert_eq!(last["progress"], 50, "{offset}: {last}");
        assert_eq!(ann.post("/api/tasks", json!({})).await.status, 202);
        let refused = ann.get("/events").await;
        assert_eq!(refused.status, 429, "{offset}");
        let seconds: u64 = refused.header("retry-after").parse().unwrap();
        assert!((800..=901).contains(&seconds), "{offset}: {seconds}");
    }
}

#[tokio::test]
async fn log_that_was_replaced_begins_a_greater_epoch_after_the_clock_was_set_back() {
    let (clock, folder) = (Clock::new(), Folder::new());
    let path = folder.join("events");
    let log = format!("file:{path}");
    let mut ids = Vec::new();
    for offset in ["+0", "-3650d"] {
        clock.set(offset);
        let mut node = clock.start(&["--log", &log]).await;
        let ann = node.client().login("ann", 900).await;
        ids.push(ann.publish("update", "x").await);
        assert!(node.terminate().await.success());
        std::fs::remove_file(&path).unwrap();
    }
    let epochs: Vec<u64> = ids
        .iter()
        .map(|id| id.split('-').next().unwrap().parse().unwrap())
        .collect();
    assert!(epochs[0] < epochs[1], "{ids:?}");
}
