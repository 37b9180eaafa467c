//! The state that all endpoints of one server share.

use std::sync::Arc;

use axum::http::HeaderValue;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::{Revocations, TokenKeys};
use crate::cluster::Cluster;
use crate::config::Config;
use crate::event_log::hub::Hub;
use crate::event_log::revocations::RevocationStore;
use crate::limits::StreamLimits;
use crate::metrics::Metrics;

/// Holds the data of one server. `app::server` builds it.
pub(crate) struct AppState {
    pub(crate) config: Config,
    /// Distinguishes the nodes of a cluster in `connected` events and in log messages.
    pub(crate) node_name: String,
    pub(crate) keys: TokenKeys,
    pub(crate) content_security_policy: HeaderValue,
    /// The revoked tokens that this node knows.
    pub(crate) revocations: Arc<Revocations>,
    /// Where revoked tokens are stored for other nodes and later runs.
    pub(crate) revocation_store: Arc<dyn RevocationStore>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Arc<StreamLimits>,
    /// The state that all nodes of a cluster share.
    pub(crate) cluster: Arc<dyn Cluster>,
    pub(crate) events: Arc<Hub>,
    /// The lines of `/logs`: of the file given with `--tail`, or in demo mode of the access log.
    pub(crate) log_lines: Option<Arc<Hub>>,
    /// Cancelled first at shutdown: readiness fails, and new streams are rejected.
    pub(crate) shutting_down: CancellationToken,
    /// Cancelled second at shutdown: the open streams send `shutdown` and end.
    pub(crate) drain: CancellationToken,
    /// Tracks the background tasks, which end with the server.
    pub(crate) background: TaskTracker,
}

impl AppState {
    /// Runs `task` in the background until the server drains.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let drain = self.drain.clone();
        self.background
            .spawn(async move { drain.run_until_cancelled_owned(task).await });
    }
}
