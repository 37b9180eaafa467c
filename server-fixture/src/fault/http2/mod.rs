//! What only HTTP/2 can do wrong: a stream that is reset while its connection lives on, and a
//! connection that is told to go away. With the log that scripts have.

mod faults;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{RecvStream, SendStream};
use hyper::header::HeaderValue;
use hyper::{Request, Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::timeout;

pub(super) use self::faults::Fault;
use self::faults::{End, Order, Orders};
use super::head::{allow_everything, cors};
use super::script::{self, Script};
use super::shelf::Shelf;
use super::wire;

/// A client that says nothing by then is not one that is under test.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves one connection until it ends or is told to.
pub(super) async fn serve(
    socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    shelf: Arc<Shelf>,
) {
    let Ok(mut connection) = h2::server::handshake(socket).await else {
        return;
    };
    let (orders, mut ordered) = mpsc::channel(1);
    loop {
        tokio::select! {
            accepted = connection.accept() => match accepted {
                Some(Ok((request, response))) => {
                    let (shelf, orders) = (Arc::clone(&shelf), orders.clone());
                    tokio::spawn(answer(request, response, orders, shelf));
                }
                _ => return,
            },
            Some(order) = ordered.recv() => match order {
                Order::GoAway => return leave(connection).await,
                // The first settings were acknowledged while the order waited.
                Order::CloseWindow => drop(connection.set_initial_window_size(0)),
            },
        }
    }
}

async fn leave<T: AsyncRead + AsyncWrite + Unpin>(mut connection: Connection<T, Bytes>) {
    connection.abrupt_shutdown(h2::Reason::NO_ERROR);
    // Until the frame has left and the client has closed, or does not.
    let closed = std::future::poll_fn(|cx| connection.poll_closed(cx));
    let _ = timeout(PATIENCE, closed).await;
}

/// What came, in the words of the log.
fn received(request: &Request<RecvStream>) -> wire::Request {
    let target = request.uri().path_and_query();
    let headers = request.headers().iter();
    wire::Request {
        method: request.method().to_string(),
        target: target.map_or_else(String::new, ToString::to_string),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect(),
        body: Vec::new(),
    }
}

/// The request is held to the end: its body is what a closed window stalls.
async fn answer(
    request: Request<RecvStream>,
    mut response: SendResponse<Bytes>,
    orders: Orders,
    shelf: Arc<Shelf>,
) {
    let received = received(&request);
    let Some((fault, stage)) = shelf.http2_fault(&received) else {
        refuse(&mut response, &received, StatusCode::NOT_FOUND);
        return;
    };
    // Before the request is in the log: whoever reads it there may cut at once.
    let cuts = stage.cuts();
    let (seq, _) = stage.begin(&received);
    if received.is_preflight() {
        refuse(&mut response, &received, StatusCode::NO_CONTENT);
        return;
    }
    let end = tokio::select! {
        end = fault.play(&mut response, &orders, &received) => end,
        _ = cuts.next() => End::cut(&mut response),
    };
    stage.end(seq, end.by, end.bytes_sent);
}

/// The head of a stream; `None` if the client has gone.
fn open(response: &mut SendResponse<Bytes>, request: &wire::Request) -> Option<SendStream<Bytes>> {
    let mut head = head(request, StatusCode::OK);
    let kind = HeaderValue::from_static("text/event-stream");
    head.headers_mut().insert("content-type", kind);
    response.send_response(head, false).ok()
}

/// An answer without a body. A client that has gone needs none.
fn refuse(response: &mut SendResponse<Bytes>, request: &wire::Request, status: StatusCode) {
    let _ = response.send_response(head(request, status), true);
}

/// A head that any page may read; to a preflight, one that allows whatever it asks for.
fn head(request: &wire::Request, status: StatusCode) -> Response<()> {
    let mut head = Response::builder()
        .status(status)
        .header("cache-control", "no-store");
    for (name, value) in cors(request) {
        head = head.header(name, value);
    }
    if request.is_preflight() {
        for (name, value) in allow_everything(request).headers {
            head = head.header(name, value.unwrap_or_default());
        }
    }
    // The values are the client's own, which were legal where they came from.
    head.body(()).unwrap_or_default()
}

/// What HTTP/1.1 is answered at the place of a fault of HTTP/2.
pub(super) fn over_http1() -> Script {
    let response = script::Response {
        status: 505,
        ..script::Response::default()
    };
    Script {
        responses: vec![response],
        ..Script::default()
    }
}
