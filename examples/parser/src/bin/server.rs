//! `server`: publishes an event each second on port 3000, to pages of `http://localhost:5173`.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use parser_examples::server::{Log, router};
use tokio::net::TcpListener;
use tokio::signal;
use tokio::time::sleep;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let log = Log::new();
    tokio::spawn(publish(Arc::clone(&log)));
    let router = router(
        Arc::clone(&log),
        HeaderValue::from_static("http://localhost:5173"),
    );
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, router)
        .with_graceful_shutdown(async move {
            let _ = signal::ctrl_c().await;
            log.stop();
        })
        .await
}

async fn publish(log: Arc<Log>) {
    for seconds in 1.. {
        sleep(Duration::from_secs(1)).await;
        log.publish(format!("seconds: {seconds}\nload: 0.5"));
    }
}
