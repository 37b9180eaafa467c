//! A headless Chromium, driven over WebDriver.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::process::{Running, command, on_free_port, on_port};
use super::{Client, soon};

/// One browser window. Dropping it closes the browser.
pub struct Browser {
    driver: Client,
    session: String,
    _running: Running,
}

impl Browser {
    pub async fn start() -> Self {
        let running = on_free_port(async |port| {
            let mut driver = command("chromedriver");
            driver.arg(format!("--port={port}"));
            on_port(driver, port).await.ok_or(())
        });
        let running = running.await.expect("chromedriver is installed");
        let driver = Client::to(running.address);
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            // The certificate of the fault port is self-signed.
            "--ignore-certificate-errors",
        ];
        let options = json!({ "goog:chromeOptions": { "args": arguments } });
        let capabilities = json!({ "capabilities": { "alwaysMatch": options } });
        let answer = driver.post("/session", capabilities).await.json();
        let session = answer["value"]["sessionId"].as_str();
        let session = session
            .unwrap_or_else(|| panic!("no browser: {answer}"))
            .to_owned();
        Self {
            driver,
            session,
            _running: running,
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

    /// Runs a JavaScript function body and returns its value.
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
