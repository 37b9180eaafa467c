//! A headless Chromium, driven over WebDriver.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Child;
use tokio::time::sleep;

use super::process::{command, free_port, listening};
use super::{Client, soon};

/// One browser window; gone when dropped.
pub struct Browser {
    driver: Client,
    session: String,
    _process: Child,
}

impl Browser {
    pub async fn start() -> Self {
        let port = free_port();
        let process = command("chromedriver")
            .arg(format!("--port={port}"))
            .spawn();
        let process = process.expect("chromedriver is installed");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        listening(address).await;
        let driver = Client::to(address);
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ];
        let options = json!({ "goog:chromeOptions": { "args": arguments } });
        let wish = json!({ "capabilities": { "alwaysMatch": options } });
        let answer = driver.post("/session", wish).await.json();
        let session = answer["value"]["sessionId"].as_str();
        let session = session
            .unwrap_or_else(|| panic!("no browser: {answer}"))
            .to_owned();
        Self {
            driver,
            session,
            _process: process,
        }
    }

    async fn call(&self, what: &str, body: Value) -> Value {
        let answer = self
            .driver
            .post(&format!("/session/{}/{what}", self.session), body)
            .await;
        let value = answer.json()["value"].clone();
        assert_eq!(answer.status, 200, "{value}");
        value
    }

    pub async fn open(&self, url: &str) {
        self.call("url", json!({ "url": url })).await;
    }

    /// The value of a JavaScript function body.
    pub async fn run(&self, script: &str) -> Value {
        self.call("execute/sync", json!({ "script": script, "args": [] }))
            .await
    }

    /// Waits until the expression is true.
    pub async fn until(&self, expression: &str) {
        let script = format!("return Boolean({expression})");
        soon(async {
            while self.run(&script).await != true {
                sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
    }

    pub async fn close(self) {
        self.driver
            .request("DELETE", &format!("/session/{}", self.session))
            .await;
    }
}
