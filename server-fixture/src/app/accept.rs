//! The accept loop.
//!
//! `axum::serve` waits for open responses at shutdown, and an event stream never ends by itself.
//! This loop also limits the sockets, the time for a request header, and the time of a write.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header;
use axum::response::Response;
use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::add_extension::AddExtension;

use super::connection_slots::{ConnectionSlots, Slot};
use super::open_files;
use super::write_timeout::WriteTimeout;
use crate::config::Config;
use crate::http::request_context::PeerAddr;
use crate::util::AcceptErrors;

/// Sockets beyond the streams: short requests, rejected streams and monitoring.
const SPARE_SOCKETS: usize = 1024;

/// Most bytes of a request head. hyper also stops taking frames of a body above this size, so it
/// bounds the bytes that wait for a client that does not read.
const MAX_HEAD: usize = 16 * 1024;

/// The send buffer of a socket, in bytes. Without a value the kernel holds megabytes for a client
/// that does not read.
const SEND_BUFFER: usize = 128 * 1024;

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
    let slots = ConnectionSlots::new(capacity(config), &config.trusted_proxies);
    let mut errors = AcceptErrors::default();
    while let Some((stream, peer, slot)) = signals
        .stop
        .run_until_cancelled(accept_one(&listener, &slots, &mut errors))
        .await
    {
        let routes = AddExtension::new(routes.clone(), PeerAddr(peer));
        let connection = serve(stream, slot, routes, config, signals.stop.clone());
        let abort = signals.abort.clone();
        connections.spawn(async move {
            abort.run_until_cancelled(connection).await;
        });
    }
}

fn capacity(config: &Config) -> usize {
    let wanted = match config.max_connections {
        0 => usize::MAX,
        streams => streams.saturating_add(SPARE_SOCKETS),
    };
    wanted.min(open_files::max_connections(config))
}

/// Accepts one connection and allocates its slot. While no slot is free, clients wait in the
/// kernel's queue, which costs this process nothing.
async fn accept_one(
    listener: &TcpListener,
    slots: &Arc<ConnectionSlots>,
    errors: &mut AcceptErrors,
) -> (TcpStream, IpAddr, Slot) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let peer = peer.ip().to_canonical();
                return (stream, peer, slots.allocate(peer).await);
            }
            Err(error) => {
                // The usual cause is a lack of file descriptors. An immediate retry would only
                // use the CPU.
                errors.report("A connection was not accepted. Raise `ulimit -n`.", &error);
                slots.replace_any();
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

fn serve(
    stream: TcpStream,
    slot: Slot,
    routes: AddExtension<Router, PeerAddr>,
    config: &Config,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + 'static {
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout)
        .max_buf_size(MAX_HEAD);
    let write_deadline = config.write_deadline;
    async move {
        set_socket_options(&stream, write_deadline);
        let slot = Arc::new(slot);
        let service = service(routes, Arc::clone(&slot));
        let io = TokioIo::new(WriteTimeout::new(stream, write_deadline));
        let mut connection = pin!(protocol.serve_connection(io, service));
        let served = async {
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            }
        };
        tokio::select! {
            ended = served => if let Err(error) = ended {
                tracing::debug!(%error, "A connection ended early");
            },
            () = slot.replaced() => tracing::debug!("A connection was replaced"),
        }
    }
}

/// Wraps the routes, so that only the connections of event streams keep their slots.
fn service(
    routes: AddExtension<Router, PeerAddr>,
    slot: Arc<Slot>,
) -> impl Service<
    Request<Incoming>,
    Response = Response,
    Error = Infallible,
    Future: Future<Output = Result<Response, Infallible>> + Send,
> {
    let routes = TowerToHyperService::new(routes);
    service_fn(move |request| {
        slot.release();
        let (responding, slot) = (routes.call(request), Arc::clone(&slot));
        async move {
            let response = responding.await?;
            if is_stream(&response) {
                slot.keep();
            }
            Ok(response)
        }
    })
}

/// Returns whether the response is an event stream. A response to HEAD has no body.
fn is_stream(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value == "text/event-stream")
        && !response.body().is_end_stream()
}

/// Disables Nagle's algorithm, so that events leave at once, and limits the send buffer. On Linux the
/// kernel also closes a connection whose peer has vanished.
fn set_socket_options(stream: &TcpStream, write_deadline: Duration) {
    let socket = SockRef::from(stream);
    let result = stream.set_nodelay(true);
    let result = result.and(socket.set_send_buffer_size(SEND_BUFFER));
    #[cfg(target_os = "linux")]
    let result = result.and(socket.set_tcp_user_timeout(Some(write_deadline)));
    #[cfg(not(target_os = "linux"))]
    let _ = write_deadline;
    if let Err(error) = result {
        tracing::debug!(%error, "A socket option was not set");
    }
}
