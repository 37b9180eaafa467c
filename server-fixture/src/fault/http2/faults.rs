//! The faults by name, and what each of them does.

use std::time::Duration;

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, SendStream};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::open;
use crate::fault::wire::Request;

/// An event, and the beginning of another.
const CUT: &[u8] = b"retry: 200\nid: 1\ndata: tick 1\n\nid: 2\ndata: tick";
/// Three whole events.
const WHOLE: &[u8] = b"id: 1\ndata: tick 1\n\nid: 2\ndata: tick 2\n\nid: 3\ndata: tick 3\n\n";
/// Time for what was written to leave before the stream is reset, which throws away the rest.
const FLUSH: Duration = Duration::from_millis(100);

/// What a request can order for its whole connection.
pub(super) enum Order {
    GoAway,
    /// No byte of a request's body may be sent any more: uploads stall, streams go on.
    CloseWindow,
}

pub(super) type Orders = mpsc::Sender<Order>;

/// How an exchange ended, for the log.
pub(super) struct End {
    pub(super) by: &'static str,
    pub(super) bytes_sent: u64,
}

impl End {
    fn new(by: &'static str, sent: &[u8]) -> Self {
        let bytes_sent = sent.len() as u64;
        Self { by, bytes_sent }
    }

    /// Ends it because somebody asked for that. What was sent before is not counted.
    pub(super) fn cut(response: &mut SendResponse<Bytes>) -> Self {
        response.send_reset(Reason::CANCEL);
        Self::new("server-reset", b"")
    }
}

/// What goes wrong.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    Reset(Reason),
    GoAway,
    ZeroWindow,
    Silent,
    Works,
}

impl Fault {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "cancel" => Self::Reset(Reason::CANCEL),
            "refused" => Self::Reset(Reason::REFUSED_STREAM),
            "internal" => Self::Reset(Reason::INTERNAL_ERROR),
            "no-error" => Self::Reset(Reason::NO_ERROR),
            "goaway" => Self::GoAway,
            "zero-window" => Self::ZeroWindow,
            "silent" => Self::Silent,
            "works" => Self::Works,
            _ => return None,
        })
    }

    /// Answers a request; whoever cannot be written to has left.
    pub(super) async fn play(
        self,
        response: &mut SendResponse<Bytes>,
        orders: &Orders,
        request: &Request,
    ) -> End {
        let played = match self {
            Self::Reset(reason) => reset(response, request, reason).await,
            Self::GoAway => go_away(response, request, orders).await,
            Self::ZeroWindow => {
                sleep(FLUSH).await;
                let _ = orders.send(Order::CloseWindow).await;
                sleep(FLUSH).await;
                whole(response, request)
            }
            Self::Silent => {
                let _ = std::future::poll_fn(|cx| response.poll_reset(cx)).await;
                None
            }
            Self::Works => whole(response, request),
        };
        played.unwrap_or(End::new("client", b""))
    }
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
    orders: &Orders,
) -> Option<End> {
    let _open = send(response, request, CUT, false)?;
    sleep(FLUSH).await;
    // Nobody is told twice: a connection that leaves already takes no more orders.
    let _ = orders.send(Order::GoAway).await;
    Some(End::new("server", CUT))
}

fn send(
    response: &mut SendResponse<Bytes>,
    request: &Request,
    text: &'static [u8],
    is_whole: bool,
) -> Option<SendStream<Bytes>> {
    let mut body = open(response, request)?;
    body.send_data(Bytes::from_static(text), is_whole).ok()?;
    Some(body)
}
