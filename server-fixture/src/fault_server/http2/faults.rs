//! Plays one HTTP/2 fault on one stream.

use std::time::Duration;

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, SendStream};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::response::send_stream_head;
use crate::fault_server::http1_request::Request;
use crate::fault_server::presets::Http2Fault;

/// An event, and the beginning of another.
const CUT: &[u8] = b"retry: 200\nid: 1\ndata: tick 1\n\nid: 2\ndata: tick";
/// Three whole events.
const WHOLE: &[u8] = b"id: 1\ndata: tick 1\n\nid: 2\ndata: tick 2\n\nid: 3\ndata: tick 3\n\n";
/// The time to send pending data. A reset discards data that h2 has not sent.
const FLUSH: Duration = Duration::from_millis(100);

/// A command from a request to its connection.
pub(super) enum ConnectionCommand {
    GoAway,
    /// Sets the receive window to zero, so that request bodies stall. Responses continue.
    CloseWindow,
}

pub(super) type CommandSender = mpsc::Sender<ConnectionCommand>;

/// The end of a request, for the request log.
pub(super) struct End {
    pub(super) by: &'static str,
    pub(super) bytes_sent: u64,
}

impl End {
    fn new(by: &'static str, sent: &[u8]) -> Self {
        let bytes_sent = sent.len() as u64;
        Self { by, bytes_sent }
    }

    /// Resets the stream because a test closed the script. Bytes sent before are not counted.
    pub(super) fn cut(response: &mut SendResponse<Bytes>) -> Self {
        response.send_reset(Reason::CANCEL);
        Self::new("server-reset", b"")
    }
}

/// Responds to a request with `fault`. A failed write means that the client has left.
pub(super) async fn play(
    fault: Http2Fault,
    response: &mut SendResponse<Bytes>,
    commands: &CommandSender,
    request: &Request,
) -> End {
    let played = match fault {
        Http2Fault::Reset(reason) => reset(response, request, reason).await,
        Http2Fault::GoAway => go_away(response, request, commands).await,
        Http2Fault::ZeroWindow => {
            sleep(FLUSH).await;
            let _ = commands.send(ConnectionCommand::CloseWindow).await;
            sleep(FLUSH).await;
            whole(response, request)
        }
        Http2Fault::Silent => {
            let _ = std::future::poll_fn(|cx| response.poll_reset(cx)).await;
            None
        }
        Http2Fault::Works => whole(response, request),
    };
    played.unwrap_or(End::new("client", b""))
}

fn whole(response: &mut SendResponse<Bytes>, request: &Request) -> Option<End> {
    send(response, request, WHOLE, true)?;
    Some(End::new("server", WHOLE))
}

async fn reset(
    response: &mut SendResponse<Bytes>,
    request: &Request,
    reason: Reason,
) -> Option<End> {
    let mut body = send(response, request, CUT, false)?;
    sleep(FLUSH).await;
    body.send_reset(reason);
    Some(End::new("server-reset", CUT))
}

async fn go_away(
    response: &mut SendResponse<Bytes>,
    request: &Request,
    commands: &CommandSender,
) -> Option<End> {
    let _open = send(response, request, CUT, false)?;
    sleep(FLUSH).await;
    // Sending fails if the connection has already sent GOAWAY for another request.
    let _ = commands.send(ConnectionCommand::GoAway).await;
    Some(End::new("server", CUT))
}

fn send(
    response: &mut SendResponse<Bytes>,
    request: &Request,
    text: &'static [u8],
    is_whole: bool,
) -> Option<SendStream<Bytes>> {
    let mut body = send_stream_head(response, request)?;
    body.send_data(Bytes::from_static(text), is_whole).ok()?;
    Some(body)
}
