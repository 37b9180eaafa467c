//! The accept loop.
//!
//! `axum::serve` waits for open responses at shutdown, and an event stream never ends by itself.
//! This loop also limits the sockets, the time for a request header, and the time of a write.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::add_extension::AddExtension;

use super::write_timeout::WriteTimeout;
use crate::config::Config;

/// The address of the client's socket, as a request extension.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerAddr(pub(crate) IpAddr);

/// Sockets beyond the streams: short requests, rejected streams and monitoring.
const SPARE_SOCKETS: usize = 1024;

/// The two signals that end connections.
#[derive(Clone, Default)]
pub(super) struct Shutdown {
    /// Stops accepting. Each connection ends after its current response.
    pub(super) stop: CancellationToken,
    /// Drops all connections that are still open.
    pub(super) abort: CancellationToken,
}

/// Accepts connections until `signals.stop`, and tracks them in `connections`.
pub(super) async fn accept(
    listener: TcpListener,
    routes: Router,
    config: &Config,
    signals: &Shutdown,
    connections: &TaskTracker,
) {
    let slots = Arc::new(Semaphore::new(slots(config)));
    while let Some((stream, slot)) = signals
        .stop
        .run_until_cancelled(accept_one(&listener, &slots))
        .await
    {
        let connection = serve(stream, routes.clone(), config, signals.stop.clone());
        let abort = signals.abort.clone();
        connections.spawn(async move {
            abort.run_until_cancelled(connection).await;
            drop(slot);
        });
    }
}

fn slots(config: &Config) -> usize {
    match config.max_connections {
        0 => Semaphore::MAX_PERMITS,
        streams => streams
            .saturating_add(SPARE_SOCKETS)
            .min(Semaphore::MAX_PERMITS),
    }
}

/// Accepts one connection as soon as a slot is free. Until then clients wait in the kernel's
/// queue, which costs this process nothing.
async fn accept_one(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // `acquire_owned` fails only on a closed semaphore, and this one is never closed.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, slot),
            Err(error) => {
                // The usual cause is a lack of file descriptors. An immediate retry would only
                // use the CPU.
                tracing::warn!(%error, "A connection was not accepted. Raise `ulimit -n`.");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

fn serve(
    stream: TcpStream,
    routes: Router,
    config: &Config,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + 'static {
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout);
    let write_deadline = config.write_deadline;
    async move {
        let Ok(peer) = stream.peer_addr() else { return };
        set_socket_options(&stream, write_deadline);
        let routes = AddExtension::new(routes, PeerAddr(peer.ip().to_canonical()));
        let io = TokioIo::new(WriteTimeout::new(stream, write_deadline));
        let connection = protocol.serve_connection(io, TowerToHyperService::new(routes));
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "A connection ended early");
        }
    }
}

/// Disables Nagle's algorithm, so that events leave at once. On Linux the kernel also closes a
/// connection whose peer has vanished.
fn set_socket_options(stream: &TcpStream, write_deadline: Duration) {
    let result = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let result = result.and(SockRef::from(stream).set_tcp_user_timeout(Some(write_deadline)));
    #[cfg(not(target_os = "linux"))]
    let _ = (SockRef::from(stream), write_deadline);
    if let Err(error) = result {
        tracing::debug!(%error, "A socket option was not set");
    }
}
