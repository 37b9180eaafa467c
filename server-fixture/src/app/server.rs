//! Opens, serves and drains one server.

use std::sync::Arc;
use std::task::Poll;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::accept::{Shutdown, accept};
use super::{background, open_files, storage};
use crate::auth::{Revocations, TokenKeys};
use crate::config::{Config, ConfigError};
use crate::demo::DemoFaults;
use crate::event_log::LogError;
use crate::http::router::{RouterState, router};
use crate::http::security_headers::content_security_policy;
use crate::limits::{LimitSettings, StreamLimits};
use crate::metrics::Metrics;
use crate::state::AppState;
use crate::util::random_hex;

/// The reason that a server does not start.
#[derive(Debug, Error)]
pub enum ServerError {
    /// A setting is unsafe.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The event log cannot be opened.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A server that is ready to serve.
pub struct Server {
    state: Arc<AppState>,
    demo: Option<Arc<DemoFaults>>,
}

/// Serves on `listener` until `shutdown` completes, then drains.
///
/// # Errors
/// Returns an error if a setting is unsafe or the event log cannot be opened.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServerError> {
    Server::open(config).await?.serve(listener, shutdown).await;
    Ok(())
}

impl Server {
    /// Checks the settings, opens the event log and starts the background tasks.
    ///
    /// # Errors
    /// Returns an error if a setting is unsafe or the event log cannot be opened.
    pub async fn open(config: Config) -> Result<Self, ServerError> {
        if let Some(warning) = config.deprecation_warning() {
            tracing::warn!("{warning}");
        }
        let secret = config.secret()?;
        let metrics = Arc::new(Metrics::new());
        let settings = LimitSettings {
            node: open_files::max_streams(&config),
            ip: config.max_per_ip,
            user: config.max_per_user,
            cluster: config.max_cluster,
        };
        let (events, revocation_store) = storage::events(&config).await?;
        let revocations = Revocations::default();
        revocations.add(revocation_store.revoked().await?);
        let cluster = storage::cluster(&config)?;
        let demo = storage::demo_faults(&config, &cluster).await?;
        let state = Arc::new(AppState {
            log_lines: storage::log_lines(&config).await?,
            cluster,
            node_name: random_hex(4),
            content_security_policy: content_security_policy(&config),
            keys: TokenKeys::new(&secret, config.query_token),
            revocations: Arc::new(revocations),
            revocation_store,
            limits: StreamLimits::new(settings, Arc::clone(&metrics)),
            metrics,
            events,
            shutting_down: CancellationToken::new(),
            drain: CancellationToken::new(),
            background: TaskTracker::new(),
            config,
        });
        background::start(&state, demo.as_ref());
        Ok(Self { state, demo })
    }

    /// Serves until `shutdown` completes, then drains. Readiness fails first. The streams then
    /// send `shutdown` and end. The drain deadline closes all connections that are still open.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let Self { state, demo } = self;
        let (signals, connections) = (Shutdown::default(), TaskTracker::new());
        let routes = router(RouterState {
            app: Arc::clone(&state),
            demo,
        });
        let accepting = accept(listener, routes, &state.config, &signals, &connections);
        let shutting_down = async {
            shutdown.await;
            state.shutting_down.cancel();
            // Accept during the delay: a load balancer must be able to see that readiness fails.
            sleep(state.config.drain_delay).await;
            state.drain.cancel();
            signals.stop.cancel();
        };
        tokio::join!(accepting, shutting_down);
        connections.close();
        state.background.close();
        let all_ended = async { tokio::join!(connections.wait(), state.background.wait()) };
        if timeout(state.config.drain_deadline, all_ended)
            .await
            .is_err()
        {
            tracing::warn!(
                connections = connections.len(),
                "The drain deadline passed. Open connections are closed."
            );
            signals.abort.cancel();
            connections.wait().await;
        }
    }
}

/// Returns a future that completes at SIGTERM or Ctrl-C. The signals are registered by this call, so
/// that they do not end the process before the future is polled. It must run in a runtime.
pub fn stop_signal() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = [SignalKind::terminate(), SignalKind::interrupt()];
        // Without a handler, the signal ends the process at once.
        let mut handlers = signals.map(|kind| signal(kind).ok());
        std::future::poll_fn(move |cx| {
            let is_stopped =
                |handler: &mut tokio::signal::unix::Signal| handler.poll_recv(cx).is_ready();
            match handlers.iter_mut().flatten().any(is_stopped) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
    }
    #[cfg(not(unix))]
    async {
        let _ = tokio::signal::ctrl_c().await;
    }
}
