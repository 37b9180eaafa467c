//! Each line of what the textbook asks of a server, over real HTTP, one test or more per line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

mod support;

use std::io::Write;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::CommandFactory;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};
use support::process::{Folder, announced, command};
use support::{Client, Seen, Server, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

// Basic endpoint: stream with periodic events, clean-up on disconnect, CORS.

#[tokio::test]
async fn basic_endpoint_sends_periodic_events_and_no_hop_by_hop_headers() {
    let server = Server::start(&["--pulse", "0.05"]).await;
    let mut stream = server.login("ann").await.open("/events").await;
    assert_eq!(stream.headers["content-type"], "text/event-stream");
    assert_eq!(stream.headers["cache-control"], "no-cache, no-transform");
    assert_eq!(stream.headers["x-accel-buffering"], "no");
    assert!(!stream.headers.contains_key("connection"));
    for _ in 0..3 {
        stream.until("metrics").await;
    }
}

#[tokio::test]
async fn basic_endpoint_cleans_up_when_the_client_disconnects() {
    let server = Server::start(&["--heartbeat", "0.05"]).await;
    let stream = server.login("ann").await.open("/events").await;
    figure_becomes(&server, "sse_active_connections", "1").await;
    drop(stream);
    figure_becomes(&server, "sse_active_connections", "0").await;
    figure_becomes(&server, "sse_disconnects_total{reason=\"client\"}", "1").await;
}

/// Waits until a line of `/metrics` has this value.
async fn figure_becomes(server: &Server, name: &str, value: &str) {
    soon(async {
        while figure(server, name).await.as_deref() != Some(value) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

async fn figure(server: &Server, name: &str) -> Option<String> {
    let text = server.client().get("/metrics").await.text();
    let mut lines = text.lines();
    lines.find_map(|line| {
        line.strip_prefix(name)?
            .strip_prefix(' ')
            .map(str::to_owned)
    })
}

#[tokio::test]
async fn cors_allows_listed_origins_only_and_varies_by_origin() {
    let server = Server::start(&["--allow-origin", "https://app.example"]).await;
    let listed = server
        .client()
        .with("origin", "https://app.example")
        .get("/health/live")
        .await;
    assert_eq!(
        listed.header("access-control-allow-origin"),
        "https://app.example"
    );
    assert_eq!(listed.header("access-control-allow-credentials"), "true");
    assert!(listed.header("vary").contains("origin"));
    let other = server
        .client()
        .with("origin", "https://evil.example")
        .get("/health/live")
        .await;
    assert_eq!(other.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn cors_preflight_allows_authorization_and_last_event_id() {
    let server = Server::start(&["--allow-origin", "https://app.example"]).await;
    let client = server
        .client()
        .with("origin", "https://app.example")
        .with("access-control-request-method", "GET")
        .with(
            "access-control-request-headers",
            "authorization,last-event-id",
        );
    let answer = client.request("OPTIONS", "/events").await;
    let allowed = answer.header("access-control-allow-headers").to_owned();
    assert_eq!(answer.status, 200);
    assert!(
        allowed.contains("authorization") && allowed.contains("last-event-id"),
        "{allowed}"
    );
}

#[tokio::test]
async fn cors_headers_are_on_errors_too_and_expose_what_clients_must_read() {
    let server = Server::start(&["--allow-origin", "https://app.example"]).await;
    let answer = server
        .client()
        .with("origin", "https://app.example")
        .get("/events")
        .await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://app.example"
    );
    assert_eq!(
        answer.header("access-control-expose-headers"),
        "retry-after,sse-resumed-from"
    );
}

// Custom events with id.

#[tokio::test]
async fn custom_events_have_ids_that_belong_to_the_log_and_not_to_the_client() {
    let server = Server::start(&[]).await;
    let (ann, bob) = (server.login("ann").await, server.login("bob").await);
    let (mut first, mut second) = (ann.open("/events").await, bob.open("/events").await);
    let id = ann.publish("update", "x").await;
    assert_eq!(first.until("update").await, second.until("update").await);
    let mut third = bob
        .clone()
        .with("last-event-id", "earliest")
        .open("/events")
        .await;
    assert_eq!(third.until("update").await.id, Some(id));
}

#[tokio::test]
async fn a_first_visit_is_welcomed_and_a_resumed_one_is_not() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events").await;
    let welcome = stream.event().await;
    assert_eq!((welcome.event_type.as_str(), welcome.id), ("message", None));
    assert_eq!(
        json!({ "text": "Connected to server" }),
        serde_json::from_str::<serde_json::Value>(&welcome.data).unwrap()
    );
    let again = ann.clone().with("last-event-id", &stream.last_event_id);
    let mut resumed = again.open("/events").await;
    ann.publish("update", "first").await;
    assert_eq!(resumed.event().await.data, "first");
}

#[tokio::test]
async fn metrics_hold_cpu_memory_and_active_users_and_notifications_come_now_and_then() {
    let server = Server::start(&["--pulse", "0.01"]).await;
    let mut stream = server.client().open("/api/metrics").await;
    let metrics = stream.until("metrics").await.json();
    assert!(metrics["cpu"].as_f64().unwrap() <= 100.0);
    assert!(metrics["memory"].as_f64().unwrap() > 1.0);
    assert!(metrics["activeUsers"].as_u64().unwrap() >= 1);
    let notification = stream.until("notification").await.json();
    assert_eq!(notification["type"], "info");
    assert!(notification["message"].is_string());
}

// Resume.

#[tokio::test]
async fn resume_by_header_loses_nothing_and_repeats_nothing() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events").await;
    ann.publish("update", "1").await;
    stream.until("update").await;
    let cursor = stream.last_event_id.clone();
    drop(stream);
    for data in ["2", "3"] {
        ann.publish("update", data).await;
    }
    let mut resumed = ann
        .clone()
        .with("last-event-id", &cursor)
        .open("/events")
        .await;
    assert_eq!(resumed.headers["sse-resumed-from"], cursor.as_str());
    ann.publish("update", "4").await;
    for data in ["2", "3", "4"] {
        assert_eq!(resumed.event().await.data, data);
    }
}

#[tokio::test]
async fn resume_works_from_the_cursor_of_a_stream_that_never_had_an_event() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let cursor = ann.open("/events").await.last_event_id;
    assert!(!cursor.is_empty());
    ann.publish("update", "missed").await;
    let mut resumed = ann
        .clone()
        .with("last-event-id", &cursor)
        .open("/events")
        .await;
    assert_eq!(resumed.event().await.data, "missed");
}

#[tokio::test]
async fn resume_by_query_has_two_names_and_the_header_wins() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let first = ann.publish("update", "1").await;
    let second = ann.publish("update", "2").await;
    ann.publish("update", "3").await;
    for name in ["last_event_id", "lastEventId"] {
        let mut stream = ann.open(&format!("/events?{name}={first}")).await;
        assert_eq!(stream.event().await.data, "2", "{name}");
    }
    let both = ann.clone().with("last-event-id", &second);
    let mut stream = both.open(&format!("/events?last_event_id={first}")).await;
    assert_eq!(stream.event().await.data, "3");
}

#[tokio::test]
async fn resume_keeps_as_many_events_as_the_setting_says_and_announces_the_others_as_a_gap() {
    let server = Server::start(&["--keep", "100"]).await;
    let ann = server.login("ann").await;
    let cursor = ann.open("/events").await.last_event_id;
    // More than the ring holds, so that the place is neither in the ring nor in the log.
    for number in 0..1200 {
        ann.publish("update", &number.to_string()).await;
    }
    let mut stream = ann
        .clone()
        .with("last-event-id", &cursor)
        .stream("/events")
        .await;
    assert_eq!(stream.headers["sse-resumed-from"], "earliest");
    let gap = stream.event().await;
    assert_eq!((gap.event_type.as_str(), gap.id.clone()), ("gap", None));
    assert_eq!(gap.json()["reason"], "trimmed");
    assert_eq!(gap.json()["missed"], 1100);
    assert_eq!(gap.json()["requested"], cursor);
    let first = stream.until("update").await;
    assert_eq!(gap.json()["first"], first.id.unwrap());
    assert_eq!(first.data, "1100");
    assert!(
        figure(&server, "sse_gaps_total{reason=\"trimmed\"}")
            .await
            .as_deref()
            == Some("1")
    );
}

#[tokio::test]
async fn resume_answers_bad_cursors_with_a_gap_and_never_with_an_http_error() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let id = ann.publish("update", "kept").await;
    let epoch = id.split('-').next().unwrap();
    let ahead = format!("{epoch}-99");
    let oversized = "9".repeat(60_000);
    for (cursor, reason) in [
        ("7-7", "epoch"),
        (ahead.as_str(), "ahead"),
        ("rubbish", "malformed"),
        ("18446744073709551616-0", "malformed"),
        (oversized.as_str(), "malformed"),
    ] {
        let mut stream = ann
            .clone()
            .with("last-event-id", cursor)
            .stream("/events")
            .await;
        let gap = stream.event().await;
        assert_eq!(gap.event_type, "gap", "{cursor}");
        assert_eq!(gap.json()["reason"], reason, "{cursor}");
        assert_eq!(stream.until("update").await.data, "kept", "{cursor}");
    }
}

#[tokio::test]
async fn resume_after_a_restart_without_a_durable_log_is_a_gap_of_another_epoch() {
    let server = Server::start(&[]).await;
    let id = server.login("ann").await.publish("update", "before").await;
    server.stop().await;
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await.with("last-event-id", &id);
    assert_eq!(
        ann.stream("/events").await.event().await.json()["reason"],
        "epoch"
    );
}

#[tokio::test]
async fn first_connect_can_replay_what_is_kept_as_the_textbook_does() {
    let server = Server::start(&["--first-connect", "retained"]).await;
    let ann = server.login("ann").await;
    ann.publish("update", "before").await;
    assert_eq!(
        ann.open("/events").await.until("update").await.data,
        "before"
    );
}

// Progress.

#[tokio::test]
async fn progress_runs_to_its_end_and_a_reconnect_is_told_that_there_is_no_more() {
    let server = Server::start(&["--task-step", "0.02"]).await;
    let client = server.client();
    let id = client.post("/api/tasks", json!({})).await.json()["taskId"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut stream = client.stream(&format!("/api/tasks/{id}/progress")).await;
    let states = stream.rest().await;
    let Some(Seen::Event {
        data,
        id: Some(last),
        ..
    }) = states.last()
    else {
        panic!("{states:?}")
    };
    let task: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(
        (&task["status"], &task["progress"]),
        (&json!("completed"), &json!(100))
    );
    assert_eq!(task["result"], json!({ "data": "Task completed!" }));
    let again = client.clone().with("last-event-id", last);
    assert_eq!(
        again.get(&format!("/api/tasks/{id}/progress")).await.status,
        204
    );
    assert_eq!(
        client.get(&format!("/api/tasks/{id}")).await.json()["status"],
        "completed"
    );
}

#[tokio::test]
async fn progress_tells_a_failure_too() {
    let server = Server::start(&["--task-step", "0.01"]).await;
    let client = server.client();
    let id = client
        .post("/api/tasks", json!({ "fail": true }))
        .await
        .json()["taskId"]
        .clone();
    let path = format!("/api/tasks/{}/progress", id.as_str().unwrap());
    let states = client.stream(&path).await.rest().await;
    let Some(Seen::Event { data, .. }) = states.last() else {
        panic!("{states:?}")
    };
    assert!(data.contains("\"failed\""), "{data}");
}

#[tokio::test]
async fn progress_of_an_unknown_task_is_404() {
    let server = Server::start(&[]).await;
    let answer = server.client().get("/api/tasks/nope/progress").await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()),
        (404, json!({ "error": "Task not found" }))
    );
}

// Log streaming.

#[tokio::test]
async fn logs_follow_appends_rotation_and_truncation_and_never_cut_a_line() {
    let path = scratch("app.log");
    let mut file = std::fs::File::create(&path).unwrap();
    let old: String = (0..50).map(|number| format!("old {number}\n")).collect();
    file.write_all(old.as_bytes()).unwrap();
    let server = Server::start(&["--tail", path.to_str().unwrap()]).await;
    let mut stream = server.client().open("/logs").await;
    while stream.until("message").await.data != "old 49" {}
    file.write_all("half é".as_bytes()).unwrap();
    file.flush().unwrap();
    tokio::time::sleep(Duration::from_millis(250)).await;
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
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn logs_begin_with_the_last_ten_lines_and_resume_like_events() {
    let path = scratch("app.log");
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
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

/// A path in a folder of its own.
fn scratch(name: &str) -> std::path::PathBuf {
    let unique = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_nanos();
    let folder = format!(
        "server-fixture-{}-{unique}-{}",
        std::process::id(),
        fastrand::u32(..)
    );
    let folder = std::env::temp_dir().join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

// Connection limit.

#[tokio::test]
async fn connection_limit_of_the_node_answers_503_with_retry_after_and_is_freed_by_drop() {
    let server = Server::start(&["--max-connections", "2", "--heartbeat", "0.05"]).await;
    let ann = server.login("ann").await;
    let (first, _second) = (ann.open("/events").await, ann.open("/events").await);
    let full = ann.get("/events").await;
    assert_eq!(full.status, 503);
    assert_eq!(
        full.json(),
        json!({ "error": "Too many connections", "retry_after": 60 })
    );
    assert_eq!(full.header("retry-after"), "60");
    assert_eq!(
        figure(&server, "sse_rejected_total{reason=\"node\"}")
            .await
            .as_deref(),
        Some("1")
    );
    drop(first);
    figure_becomes(&server, "sse_active_connections", "1").await;
    ann.open("/events").await;
}

#[tokio::test]
async fn connection_limits_of_user_and_address_answer_429() {
    let server = Server::start(&["--max-per-user", "1"]).await;
    let (ann, bob) = (server.login("ann").await, server.login("bob").await);
    let _first = ann.open("/events").await;
    assert_eq!(ann.get("/events").await.status, 429);
    let _other = bob.open("/events").await;
    let server = Server::start(&["--max-per-ip", "1"]).await;
    let (ann, bob) = (server.login("ann").await, server.login("bob").await);
    let _first = ann.open("/events").await;
    let refused = bob.get("/events").await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("retry-after")),
        (429, "60")
    );
}

// Heartbeat.

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
        tokio::time::sleep(Duration::from_millis(60)).await;
        ann.publish("update", "x").await;
        assert!(
            matches!(busy.next().await, Some(Seen::Event { .. })),
            "no heartbeat in traffic"
        );
    }
}

// Stale clean-up, and not of all at once.

#[tokio::test]
async fn reconnection_times_are_spread_by_a_tenth_around_the_setting() {
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
    figure_becomes(&server, "sse_disconnects_total{reason=\"age\"}", "1").await;
}

#[tokio::test]
async fn stale_streams_never_outlive_their_token() {
    let server = Server::start(&[]).await;
    let ann = server.client().login("ann", 2).await;
    let mut stream = ann.open("/events").await;
    stream.rest().await;
    assert_eq!(ann.get("/events").await.status, 401);
    figure_becomes(&server, "sse_disconnects_total{reason=\"token\"}", "1").await;
}

// Prometheus.

#[tokio::test]
async fn prometheus_has_the_textbooks_names_and_bounded_labels() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events").await;
    for event_type in ["update", "made-up-1", "made-up-2"] {
        ann.publish(event_type, "x").await;
        stream.until(event_type).await;
    }
    assert_eq!(
        figure(&server, "sse_active_connections").await.as_deref(),
        Some("1")
    );
    assert_eq!(
        figure(&server, "sse_connections_total").await.as_deref(),
        Some("1")
    );
    let sent = |name: &str| format!("sse_messages_sent_total{{event_type=\"{name}\"}}");
    assert_eq!(figure(&server, &sent("update")).await.as_deref(), Some("1"));
    assert_eq!(figure(&server, &sent("other")).await.as_deref(), Some("2"));
    assert!(
        !server
            .client()
            .get("/metrics")
            .await
            .text()
            .contains("made-up")
    );
}

// Authentication.

#[tokio::test]
async fn auth_prefers_the_header_over_the_cookie_over_the_query() {
    let server = Server::start(&["--query-token"]).await;
    let plain = server.client();
    let (ann, bob) = (plain.token("ann", 60).await, plain.token("bob", 60).await);
    let query = format!("/events?token={ann}");
    let user = async |client: Client, path: &str| {
        let connected = client.stream(path).await.until("connected").await;
        connected.json()["user"].as_str().unwrap().to_owned()
    };
    assert_eq!(user(plain.clone(), &query).await, "ann");
    let cookie = plain
        .clone()
        .with("cookie", &format!("a=b; auth_token={bob}"));
    assert_eq!(user(cookie.clone(), &query).await, "bob");
    let header = cookie
        .clone()
        .with("authorization", &format!("bearer {ann}"));
    assert_eq!(user(header, "/events").await, "ann");
    let bad_header = cookie.with("authorization", "Bearer rubbish");
    assert_eq!(bad_header.get(&query).await.status, 401);
}

#[tokio::test]
async fn auth_by_query_is_off_unless_asked_for() {
    let server = Server::start(&[]).await;
    let token = server.client().token("ann", 60).await;
    assert_eq!(
        server
            .client()
            .get(&format!("/events?token={token}"))
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn auth_refuses_with_json_and_says_which_scheme() {
    let server = Server::start(&[]).await;
    let answer = server.client().get("/events").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json(), json!({ "error": "Token required" }));
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    let expired = server.client().login("ann", 0).await.get("/events").await;
    assert_eq!(
        (expired.status.as_u16(), expired.json()),
        (401, json!({ "error": "Invalid token" }))
    );
}

/// A token of eve's, signed as its head says with the secret of the test servers.
fn token(algorithm: &str) -> String {
    fn signature<M: KeyInit + Mac>(signed: &str) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(b"test").unwrap();
        mac.update(signed.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims =
        json!({ "sub": "eve", "exp": 9_999_999_999_u64, "iat": 0, "jti": "x", "publish": true });
    let signed = format!("{}.{}", part(json!({ "alg": algorithm })), part(claims));
    let signature = match algorithm {
        "HS256" => signature::<Hmac<Sha256>>(&signed),
        "HS512" => signature::<Hmac<Sha512>>(&signed),
        _ => Vec::new(),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn auth_pins_the_algorithm() {
    let server = Server::start(&[]).await;
    let status = async |token: &str| {
        let bearer = format!("Bearer {token}");
        let eve = server.client().with("authorization", &bearer);
        eve.get_head("/events").await.status.as_u16()
    };
    assert_eq!(status(&token("HS256")).await, 200);
    // Signed with the right secret, or not at all, but not as this server signs.
    for algorithm in ["HS512", "none", "None", "NONE"] {
        assert_eq!(status(&token(algorithm)).await, 401, "{algorithm}");
    }
    let unsigned = token("HS256").rsplit_once('.').unwrap().0.to_owned();
    for signature in ["", ".", ".AAAA"] {
        assert_eq!(
            status(&format!("{unsigned}{signature}")).await,
            401,
            "{signature:?}"
        );
    }
}

#[tokio::test]
async fn auth_leaves_no_token_in_any_log() {
    let folder = Folder::new();
    let file = folder.0.join("log");
    let mut command = command(env!("CARGO_BIN_EXE_server-fixture"));
    command
        .args([
            "--demo",
            "--jwt-secret",
            "test",
            "--port",
            "0",
            "--query-token",
        ])
        .env("RUST_LOG", "trace")
        .stderr(std::fs::File::create(&file).unwrap());
    let server = announced(command).await.unwrap();
    let client = Client::to(server.address);
    let token = client.token("ann", 60).await;
    let bad = format!("{token}x");
    for token in [&token, &bad] {
        client.get_head(&format!("/events?token={token}")).await;
        let cookie = format!("auth_token={token}");
        client
            .clone()
            .with("cookie", &cookie)
            .get_head("/events")
            .await;
        let bearer = format!("Bearer {token}");
        let bearer = client.clone().with("authorization", &bearer);
        bearer.get_head("/events").await;
        bearer.request("POST", "/logout").await;
    }
    client.get_head("/the/end").await;
    let log = soon(async {
        loop {
            let log = std::fs::read_to_string(&file).unwrap();
            if log.contains("/the/end") {
                return log;
            }
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert!(log.contains("path=\"/events\" status=200"), "{log}");
    let signature = token.rsplit_once('.').unwrap().1;
    assert!(!log.contains(signature), "{log}");
}

#[tokio::test]
async fn auth_cookie_is_http_only_secure_and_strict() {
    let server = Server::start(&[]).await;
    let answer = server
        .client()
        .post("/login", json!({ "user": "ann", "ttl": 60 }))
        .await;
    let cookie = answer.header("set-cookie");
    for attribute in [
        "auth_token=",
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Max-Age=60",
    ] {
        assert!(cookie.contains(attribute), "{attribute} in {cookie}");
    }
    assert!(answer.json()["expires_at"].as_u64().unwrap() > 1_700_000_000);
}

#[tokio::test]
async fn auth_ends_with_logout_also_for_open_streams() {
    let server = Server::start(&["--heartbeat", "0.1"]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events").await;
    assert_eq!(ann.request("POST", "/logout").await.status, 204);
    stream.rest().await;
    assert_eq!(
        ann.get("/events").await.json(),
        json!({ "error": "Token revoked" })
    );
}

// Rate limit.

#[tokio::test]
async fn rate_limit_counts_connects_and_publishes_only_and_answers_429_with_retry_after() {
    let server = Server::start(&["--rate-limit", "3"]).await;
    let ann = server.login("ann").await;
    for _ in 0..20 {
        assert_eq!(ann.get("/metrics").await.status, 200);
    }
    ann.open("/events").await;
    ann.publish("update", "x").await;
    ann.open("/api/metrics").await;
    let refused = ann.get("/events").await;
    assert_eq!(refused.status, 429);
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((890..=901).contains(&seconds), "{seconds}");
    assert_eq!(refused.json()["retry_after"], seconds);
    server.login("bob").await.open("/events").await;
}

#[tokio::test]
async fn rate_limit_window_ends() {
    let server = Server::start(&["--rate-limit", "1", "--rate-window", "0.3"]).await;
    let ann = server.login("ann").await;
    ann.publish("update", "x").await;
    let publish = || ann.post("/publish", json!({ "type": "update", "data": "y" }));
    soon(async { while publish().await.status != 200 {} }).await;
}

// Security headers.

#[tokio::test]
async fn security_headers_are_helmets_and_webassembly_may_run() {
    let server = Server::start(&[]).await;
    let answer = server.client().get("/nothing").await;
    assert_eq!(answer.status, 404);
    for name in [
        "content-security-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "origin-agent-cluster",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-dns-prefetch-control",
        "x-download-options",
        "x-frame-options",
        "x-permitted-cross-domain-policies",
        "x-xss-protection",
    ] {
        assert_ne!(answer.header(name), "", "{name}");
    }
    assert!(
        answer
            .header("content-security-policy")
            .contains("script-src 'self' 'wasm-unsafe-eval'")
    );
    assert_eq!(answer.header("x-powered-by"), "");
}

#[tokio::test]
async fn static_files_have_the_type_that_streaming_compilation_needs() {
    let file = scratch("a.wasm");
    std::fs::write(&file, b"\0asm").unwrap();
    let folder = file.parent().unwrap();
    let server = Server::start(&["--static", folder.to_str().unwrap()]).await;
    let answer = server.client().get("/a.wasm").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, "application/wasm")
    );
    assert_eq!(server.client().get("/../Cargo.toml").await.status, 404);
    std::fs::remove_dir_all(folder).unwrap();
}

// Broadcast with a filter.

#[tokio::test]
async fn broadcast_to_one_user_reaches_nobody_else_live_or_replayed() {
    let server = Server::start(&[]).await;
    let (ann, bob) = (server.login("ann").await, server.login("bob").await);
    let (mut hers, mut his) = (ann.open("/events").await, bob.open("/events").await);
    let secret = json!({ "type": "update", "data": "for ann", "to": "ann" });
    assert_eq!(ann.post("/publish", secret).await.status, 200);
    ann.publish("update", "for all").await;
    assert_eq!(hers.until("update").await.data, "for ann");
    assert_eq!(his.until("update").await.data, "for all");
    let mut replayed = bob.open("/events?last_event_id=earliest").await;
    assert_eq!(replayed.event().await.data, "for all");
    let mut anonymous = server
        .client()
        .open("/api/metrics?last_event_id=earliest")
        .await;
    ann.publish("notification", "n").await;
    assert_eq!(anonymous.event().await.data, "n");
}

#[tokio::test]
async fn broadcast_is_narrowed_by_types() {
    let server = Server::start(&[]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events?types=a,%20b").await;
    stream.event().await;
    for event_type in ["c", "a", "message", "b"] {
        ann.publish(event_type, event_type).await;
    }
    assert_eq!(stream.event().await.data, "a");
    assert_eq!(stream.event().await.data, "b");
}

#[tokio::test]
async fn broadcast_refuses_what_would_forge_a_field_and_a_body_that_is_too_large() {
    let server = Server::start(&["--max-body", "1000"]).await;
    let ann = server.login("ann").await;
    let forged = ann
        .post("/publish", json!({ "type": "a\nid: 7", "data": "" }))
        .await;
    assert_eq!(forged.status, 400);
    let large = ann
        .post("/publish", json!({ "type": "a", "data": "x".repeat(2000) }))
        .await;
    assert_eq!(large.status, 413);
    assert!(large.json()["error"].is_string());
    let other = ann
        .clone()
        .with("content-type", "text/plain")
        .request("POST", "/publish")
        .await;
    assert_eq!(other.status, 415);
}

// Graceful shutdown.

#[tokio::test]
async fn shutdown_fails_readiness_first_then_says_farewell_and_ends() {
    let server = Server::start(&["--drain-delay", "0.5"]).await;
    let client = server.client();
    let mut stream = server.login("ann").await.open("/events").await;
    assert_eq!(client.get("/health/ready").await.status, 200);
    server.begin_stop();
    soon(async { while client.get("/health/ready").await.status != 503 {} }).await;
    assert_eq!(client.get("/health/live").await.status, 200);
    let farewell: Vec<Seen> = stream.rest().await;
    let [
        ..,
        Seen::Retry(retry),
        Seen::Event {
            event_type, data, ..
        },
    ] = &farewell[..]
    else {
        panic!("{farewell:?}")
    };
    assert!((1000..5000).contains(retry));
    assert_eq!(
        (event_type.as_str(), data.as_str()),
        ("shutdown", "Server shutting down")
    );
    server.ended().await;
}

#[tokio::test]
async fn shutdown_says_farewell_to_progress_streams_too() {
    let server = Server::start(&["--task-step", "60"]).await;
    let client = server.client();
    let started = client.post("/api/tasks", json!({})).await.json();
    let path = format!(
        "/api/tasks/{}/progress",
        started["taskId"].as_str().unwrap()
    );
    let mut stream = client.stream(&path).await;
    stream.event().await;
    server.begin_stop();
    assert!(matches!(stream.next().await, Some(Seen::Retry(1000..5000))));
    assert_eq!(stream.event().await.event_type, "shutdown");
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn shutdown_has_a_deadline_for_clients_that_do_not_read() {
    let server = Server::start(&["--drain-deadline", "0.3", "--write-deadline", "60"]).await;
    let ann = server.login("ann").await;
    let token = ann.token("ann", 60).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request =
        format!("GET /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    figure_becomes(&server, "sse_active_connections", "1").await;
    for _ in 0..400 {
        ann.publish("update", &"x".repeat(60_000)).await;
    }
    server.stop().await;
}

// Settings.

#[test]
fn settings_have_the_textbooks_defaults() {
    let config = server_fixture::Config::from_flags(Vec::<String>::new()).unwrap();
    assert_eq!(config.port, 3000);
    assert_eq!((config.max_connections, config.keep), (1000, 100));
    assert_eq!(config.heartbeat, Duration::from_secs(30));
    assert_eq!(config.max_age, Duration::from_secs(3600));
    assert_eq!(config.rate_window, Duration::from_secs(900));
}

#[test]
fn settings_are_explained_with_their_environment_variable_and_their_default() {
    for setting in server_fixture::Config::command().get_arguments() {
        let name = setting.get_id();
        let help = setting
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(help.len() > 10, "{name} is not explained: {help}");
        assert!(
            setting.get_env().is_some(),
            "{name} has no environment variable"
        );
        let is_switch = !setting.get_action().takes_values();
        let has_default = !setting.get_default_values().is_empty();
        assert!(
            is_switch || has_default || help.contains("ot given"),
            "{name} does not say what holds without it: {help}"
        );
    }
}

#[test]
fn settings_refuse_a_weak_secret_outside_demo_mode() {
    let secret = |flags: &[&str]| server_fixture::Config::from_flags(flags).unwrap().secret();
    assert!(secret(&["--jwt-secret", "short"]).is_err());
    assert!(secret(&["--jwt-secret", &"x".repeat(32)]).is_ok());
    assert!(secret(&["--demo", "--jwt-secret", "short"]).is_ok());
    assert_ne!(secret(&["--demo"]).unwrap(), secret(&["--demo"]).unwrap());
}

#[tokio::test]
async fn outside_demo_mode_nobody_can_log_in_and_every_stream_needs_a_token() {
    let secret = "x".repeat(32);
    let server = Server::bare(&["--jwt-secret", &secret, "--pulse", "0"]).await;
    let login = server
        .client()
        .post("/login", json!({ "user": "ann" }))
        .await;
    assert_eq!(login.status, 403);
    for path in ["/events", "/api/metrics", "/logs", "/api/tasks/x"] {
        assert_eq!(server.client().get(path).await.status, 401, "{path}");
    }
}

// What the textbook does not say, and a server on the open network needs.

#[tokio::test]
async fn half_a_request_header_is_closed_in_time() {
    let server = Server::start(&["--header-timeout", "0.3"]).await;
    for half in ["", "GET /events HTTP/1.1\r\nhos"] {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket.write_all(half.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        // Closed or reset, but not held.
        let _ = soon(socket.read_to_end(&mut rest)).await;
    }
}

#[tokio::test]
async fn a_client_that_never_reads_is_gone_after_the_write_deadline_and_hurts_nobody() {
    let server = Server::start(&["--write-deadline", "0.5", "--keep", "100000"]).await;
    let ann = server.login("ann").await;
    let mut reading = ann.open("/events").await;
    let token = ann.token("slow", 60).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request =
        format!("GET /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    figure_becomes(&server, "sse_active_connections", "2").await;
    let data = "x".repeat(60_000);
    for _ in 0..400 {
        ann.publish("update", &data).await;
        reading.until("update").await;
    }
    figure_becomes(&server, "sse_active_connections", "1").await;
    drop(socket);
}
