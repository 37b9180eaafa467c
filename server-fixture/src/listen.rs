//! The accept loop. Own, because a stream is never finished: a server that only waits for open
//! answers to end never shuts down, and one without deadlines is held by whoever sends half a
//! header or never reads.

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

use crate::config::Config;
use crate::deadline::WriteDeadline;

/// The address of the other end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Sockets beside the streams: requests that end by themselves, refusals, monitors.
const SPARE_SOCKETS: usize = 1024;

/// When connections end.
#[derive(Clone, Default)]
pub(crate) struct Ends {
    /// Nothing is accepted any more, and each connection ends after the answer it is writing.
    pub(crate) stop: CancellationToken,
    /// What is still open is dropped.
    pub(crate) cut: CancellationToken,
}

/// Accepts until it is to stop, and tracks the connections in `open`.
pub(crate) async fn accept(
    listener: TcpListener,
    routes: Router,
    config: &Config,
    ends: &Ends,
    open: &TaskTracker,
) {
    let places = Arc::new(Semaphore::new(places(config)));
    while let Some((stream, place)) = ends
        .stop
        .run_until_cancelled(next(&listener, &places))
        .await
    {
        let connection = serve(stream, routes.clone(), config, ends.stop.clone());
        let cut = ends.cut.clone();
        open.spawn(async move {
            cut.run_until_cancelled(connection).await;
            drop(place);
        });
    }
}

fn places(config: &Config) -> usize {
    match config.max_connections {
        0 => Semaphore::MAX_PERMITS,
        streams => streams
            .saturating_add(SPARE_SOCKETS)
            .min(Semaphore::MAX_PERMITS),
    }
}

/// The next connection, as soon as there is a place for it. Until then clients wait in the
/// kernel's queue, which costs this process nothing.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so a permit always comes.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) => {
                // Out of file descriptors, most likely: trying at once would only burn the CPU.
                tracing::warn!(%error, "a connection was not accepted");
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
        tune(&stream, write_deadline);
        let routes = AddExtension::new(routes, Peer(peer.ip().to_canonical()));
        let io = TokioIo::new(WriteDeadline::new(stream, write_deadline));
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
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Events leave at once, and a peer that vanished without a word is noticed by the kernel.
fn tune(stream: &TcpStream, write_deadline: Duration) {
    let nodelay = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let nodelay = nodelay.and(SockRef::from(stream).set_tcp_user_timeout(Some(write_deadline)));
    #[cfg(not(target_os = "linux"))]
    let _ = (SockRef::from(stream), write_deadline);
    if let Err(error) = nodelay {
        tracing::debug!(%error, "a socket option was not set");
    }
}
