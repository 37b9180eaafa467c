//! The client code of the textbook (see the README), unchanged, in Chromium against this server.
//!
//! The pages have inline scripts, so these tests set a Content-Security-Policy that allows them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

mod support;

use std::io::Write;

use serde_json::{Value, json};
use support::browser::Browser;
use support::process::Folder;
use support::{Server, faults, soon};

const PAGES: [(&str, &str); 5] = [
    (
        "dashboard.html",
        include_str!("reference_pages/dashboard.html"),
    ),
    ("logs.html", include_str!("reference_pages/logs.html")),
    ("fetch.js", include_str!("reference_pages/fetch.js")),
    ("progress.js", include_str!("reference_pages/progress.js")),
    ("basic.js", include_str!("reference_pages/basic.js")),
];

/// Starts a server with these flags that serves the textbook's pages and an empty page.
async fn serve(folder: &Folder, flags: &[&str]) -> (Server, String) {
    for (name, text) in PAGES {
        std::fs::write(folder.0.join(name), text).unwrap();
    }
    std::fs::write(
        folder.0.join("empty.html"),
        "<!doctype html><title>empty</title>",
    )
    .unwrap();
    let defaults = [
        "--metrics-interval",
        "0.05",
        "--csp",
        "default-src 'self' 'unsafe-inline' 'unsafe-eval'",
    ];
    let folder = folder.0.to_str().unwrap();
    let server = Server::start(&[&defaults, &["--static", folder][..], flags].concat()).await;
    let url = format!("http://{}", server.address);
    (server, url)
}

#[tokio::test]
async fn dashboard_page_shows_metrics_and_notifications() {
    let folder = Folder::new();
    let ((_server, url), browser) = (serve(&folder, &[]).await, Browser::start().await);
    browser.open(&format!("{url}/dashboard.html")).await;
    let text = |id: &str| format!("document.getElementById('{id}').textContent");
    browser
        .until(&format!("{}.endsWith('%')", text("cpu")))
        .await;
    browser
        .until(&format!("{}.endsWith(' MB')", text("memory")))
        .await;
    browser
        .until(&format!("Number({}) >= 1", text("users")))
        .await;
    browser
        .until(&format!("{}.startsWith('info: ')", text("notifications")))
        .await;
    browser.close().await;
}

#[tokio::test]
async fn log_page_shows_lines_and_keeps_a_thousand() {
    let folder = Folder::new();
    let log = folder.join("app.log");
    std::fs::write(&log, "first\n").unwrap();
    let ((_server, url), browser) = (
        serve(&folder, &["--tail", &log]).await,
        Browser::start().await,
    );
    browser.open(&format!("{url}/logs.html")).await;
    browser
        .until("document.body.textContent.includes('first')")
        .await;
    let mut file = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
    let lines: String = (0..3000).map(|number| format!("line {number}\n")).collect();
    file.write_all(lines.as_bytes()).unwrap();
    browser
        .until("document.getElementById('logs').lastChild.textContent === 'line 2999'")
        .await;
    assert_eq!(
        browser
            .run("return document.getElementById('logs').children.length")
            .await,
        1000
    );
    browser.close().await;
}

#[tokio::test]
async fn progress_page_runs_to_the_end_and_the_browser_stops_reconnecting() {
    let folder = Folder::new();
    let ((server, url), browser) = (
        serve(&folder, &["--task-step", "0.05"]).await,
        Browser::start().await,
    );
    browser.open(&format!("{url}/empty.html")).await;
    // A `const` is local to its script, so the code and its listener run in one script.
    browser
        .run(
            "window.output = []; console.log = (...values) => output.push(values.join(' '));
             const script = document.createElement('script');
             fetch('/progress.js').then(r => r.text()).then(text => {
                 script.textContent = text + ';window.start = startTask';
                 document.head.append(script);
                 start();
             })",
        )
        .await;
    browser.until("output.includes('Progress: 100%')").await;
    browser
        .until("output.some(line => line.startsWith('Task completed:'))")
        .await;
    soon(async {
        while !server
            .client()
            .get("/metrics")
            .await
            .text()
            .contains("\nsse_active_connections 0\n")
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    browser.close().await;
}

#[tokio::test]
async fn fetch_class_and_native_event_source_read_the_protected_stream() {
    let folder = Folder::new();
    let ((_server, url), browser) = (serve(&folder, &[]).await, Browser::start().await);
    browser.open(&format!("{url}/empty.html")).await;
    browser
        .run(
            "window.output = []; console.log = (...values) => output.push(values.join(' '));
             const load = path => fetch(path).then(r => r.text());
             fetch('/login', { method: 'POST', headers: { 'content-type': 'application/json' },
                 body: JSON.stringify({ user: 'ann' }) }).then(r => r.json()).then(async login => {
                 const fetchCode = (await load('/fetch.js')).replace(\"'jwt-token'\", `'${login.token}'`);
                 for (const text of [fetchCode, await load('/basic.js')]) {
                     const script = document.createElement('script');
                     script.textContent = `{${text}}`;
                     document.head.append(script);
                 }
             })",
        )
        .await;
    browser
        .until("output.some(line => line === 'Connection opened')")
        .await;
    browser
        .until("output.some(line => line.startsWith('Message: {'))")
        .await;
    browser
        .until("output.some(line => line.startsWith('New message: {'))")
        .await;
    browser.close().await;
}

#[tokio::test]
async fn fault_port_allows_pages_of_other_origins_and_its_cors_errors_are_real() {
    let faults = faults().await;
    let port = faults.address.port().to_string();
    // The built-in Content-Security-Policy, which contains the fault port.
    let folder = Folder::new();
    std::fs::write(
        folder.0.join("empty.html"),
        "<!doctype html><title>empty</title>",
    )
    .unwrap();
    let flags = [
        "--fault-port",
        &port,
        "--static",
        folder.0.to_str().unwrap(),
    ];
    let server = Server::start(&flags).await;
    let browser = Browser::start().await;
    browser
        .open(&format!("http://{}/empty.html", server.address))
        .await;
    let fetch_preset = |preset: &str| {
        format!(
            "return fetch('http://{}/fault/p/{preset}', {{
                 headers: {{ authorization: 'Bearer abc', 'last-event-id': '7' }},
             }}).then(async response => [response.status, response.headers.get('retry-after'),
                 await response.text()], error => [0, null, error.name])",
            faults.address
        )
    };
    let sample = browser.run(&fetch_preset("sample")).await;
    assert_eq!(sample[0], 200);
    assert!(
        sample[2].as_str().unwrap().contains("zwei \u{20ac}"),
        "{sample}"
    );
    let log = faults.get("/fault/p/sample/log").await.json();
    assert_eq!(log["preflights"].as_array().unwrap().len(), 1);
    assert_eq!(log["requests"][0]["last_event_id"], "7");
    assert_eq!(
        browser.run(&fetch_preset("retry-after-seconds?s=9")).await[1],
        "9"
    );
    assert_eq!(
        browser.run(&fetch_preset("cors-nothing-exposed")).await[1],
        Value::Null
    );
    for refused in [
        "preflight-refused",
        "preflight-no-auth",
        "preflight-no-cursor",
        "cors-missing",
    ] {
        assert_eq!(browser.run(&fetch_preset(refused)).await[0], 0, "{refused}");
    }
    assert_eq!(browser.run(&fetch_preset("rst-before-answer")).await[0], 0);
    browser.close().await;
}

#[tokio::test]
async fn browser_resumes_a_stream_that_http2_resets_over_the_same_connection() {
    let faults = faults().await;
    let server = Server::start(&["--fault-port", &faults.address.port().to_string()]).await;
    let browser = Browser::start().await;
    browser
        .open(&format!("http://{}/health/live", server.address))
        .await;
    let url = format!("https://localhost:{}/fault/h2", faults.address.port());
    let script = format!("window.source = new EventSource('{url}/internal'); return 0");
    browser.run(&script).await;
    let log = faults
        .get("/fault/h2/internal/log?wait=3&timeout=20000")
        .await
        .json();
    let cursor_and_end = |entry: &Value| {
        let end = &entry["ended"]["by"];
        (entry["last_event_id"].clone(), end.clone())
    };
    let requests = log["requests"].as_array().unwrap();
    assert_eq!(
        cursor_and_end(&requests[0]),
        (json!(null), json!("server-reset"))
    );
    assert_eq!(
        cursor_and_end(&requests[1]),
        (json!("1"), json!("server-reset"))
    );
    // A preflight is not reset, but the request after it is.
    let fetch_without_fault = format!(
        "source.close(); return fetch('{url}/works', {{ headers: {{ authorization: 'Bearer abc' }} }})
             .then(response => response.text())"
    );
    let text = browser.run(&fetch_without_fault).await;
    assert!(
        text.as_str().unwrap().ends_with("data: tick 3\n\n"),
        "{text}"
    );
    let log = faults.get("/fault/h2/works/log?wait=1").await.json();
    assert_eq!(log["preflights"].as_array().unwrap().len(), 1);
    browser.close().await;
}
