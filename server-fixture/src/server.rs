//! The life of a server: open, serve, drain.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::listen::{self, Ends};
use crate::node::{Node, ServerError};
use crate::routes::router;

/// A server that is ready to serve.
pub struct Server {
    node: Arc<Node>,
}

/// Serves on `listener` until `shutdown` completes, then drains.
///
/// # Errors
/// A setting that is unsafe, or an event log that cannot be opened.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServerError> {
    Server::open(config).await?.serve(listener, shutdown).await;
    Ok(())
}

impl Server {
    /// Checks the settings and opens the event log.
    ///
    /// # Errors
    /// A setting that is unsafe, or an event log that cannot be opened.
    pub async fn open(config: Config) -> Result<Self, ServerError> {
        Ok(Self {
            node: Node::open(config).await?,
        })
    }

    /// Serves until `shutdown` completes, then drains: readiness fails, the streams are told to
    /// come back elsewhere and end, and nobody is waited for longer than the drain deadline.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let node = self.node;
        let (ends, open) = (Ends::default(), TaskTracker::new());
        let accepting = listen::accept(listener, router(&node), &node.config, &ends, &open);
        let leaving = async {
            shutdown.await;
            node.leaving.cancel();
            // Still accepting: a balancer must see readiness fail, and new streams are refused.
            sleep(node.config.drain_delay).await;
            node.drain.cancel();
            ends.stop.cancel();
        };
        tokio::join!(accepting, leaving);
        open.close();
        node.background.close();
        let all_ended = async { tokio::join!(open.wait(), node.background.wait()) };
        if timeout(node.config.drain_deadline, all_ended)
            .await
            .is_err()
        {
            tracing::warn!(
                connections = open.len(),
                "the drain deadline cuts connections off"
            );
            ends.cut.cancel();
            open.wait().await;
        }
    }
}

/// Completes at SIGTERM or Ctrl-C.
pub async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
