//! Plays the faults that only HTTP/2 can have: a stream that is reset while its connection stays
//! open, and a connection that receives GOAWAY. The requests are in the request log.

mod faults;
mod response;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::{Connection, SendResponse};
use hyper::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use self::faults::{CommandSender, ConnectionCommand, End, play};
use self::response::send_status;
use super::http1_request::Request;
use super::player::LONGEST;
use super::script_store::ScriptStore;

/// The longest wait for the client to close after GOAWAY.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Most open streams of a connection.
const MAX_STREAMS: u32 = 200;

/// Most bytes of a request head.
const MAX_HEAD: u32 = 256 * 1024;

/// The time limit for the first request after the handshake.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The time limit for the handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves one connection until it ends or a fault ends it.
pub(super) async fn serve(
    socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    store: Arc<ScriptStore>,
) {
    let mut protocol = h2::server::Builder::new();
    protocol
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD);
    let handshake = timeout(HANDSHAKE_TIMEOUT, protocol.handshake(socket));
    let Ok(Ok(connection)) = handshake.await else {
        return;
    };
    // The end of the time drops the connection, which closes it.
    let _ = timeout(LONGEST, serve_requests(connection, store)).await;
}

async fn serve_requests<T: AsyncRead + AsyncWrite + Send + Unpin>(
    mut connection: Connection<T, Bytes>,
    store: Arc<ScriptStore>,
) {
    let (sender, mut commands) = mpsc::channel(1);
    let mut first = Box::pin(sleep(FIRST_REQUEST_TIMEOUT));
    let mut has_request = false;
    loop {
        tokio::select! {
            accepted = connection.accept() => match accepted {
                Some(Ok((request, response))) => {
                    has_request = true;
                    let (store, sender) = (Arc::clone(&store), sender.clone());
                    tokio::spawn(respond(request, response, sender, store));
                }
                _ => return,
            },
            () = &mut first, if !has_request => return,
            Some(command) = commands.recv() => match command {
                ConnectionCommand::GoAway => return go_away(connection).await,
                // h2 rejects a change while an earlier one is not acknowledged. The fault waits
                // before it sends this command, so the first settings are acknowledged.
                ConnectionCommand::CloseWindow => drop(connection.set_initial_window_size(0)),
            },
        }
    }
}

async fn go_away<T: AsyncRead + AsyncWrite + Unpin>(mut connection: Connection<T, Bytes>) {
    connection.abrupt_shutdown(h2::Reason::NO_ERROR);
    // Polling writes the GOAWAY frame, and completes when the client closes.
    let closed = std::future::poll_fn(|cx| connection.poll_closed(cx));
    let _ = timeout(CLOSE_TIMEOUT, closed).await;
}

/// Converts a request into the type that the request log stores.
fn received(request: &hyper::Request<RecvStream>) -> Request {
    let target = request.uri().path_and_query();
    let headers = request.headers().iter();
    Request {
        method: request.method().to_string(),
        target: target.map_or_else(String::new, ToString::to_string),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect(),
        ..Request::default()
    }
}

/// Responds to one request. `request` lives until the end, because dropping its body would cancel
/// the upload that a closed window stalls.
async fn respond(
    request: hyper::Request<RecvStream>,
    mut response: SendResponse<Bytes>,
    commands: CommandSender,
    store: Arc<ScriptStore>,
) {
    let received = received(&request);
    let Some((fault, state)) = store.http2_fault(&received) else {
        send_status(&mut response, &received, StatusCode::NOT_FOUND);
        return;
    };
    // Subscribe before the request is in the log: a test that reads the log may cut at once.
    let cuts = state.cuts();
    let (seq, _) = state.begin(&received);
    if received.is_preflight() {
        send_status(&mut response, &received, StatusCode::NO_CONTENT);
        return;
    }
    let end = tokio::select! {
        end = play(fault, &mut response, &commands, &received) => end,
        _ = cuts.next() => End::cut(&mut response),
    };
    state.end(seq, end.by, end.bytes_sent);
}
