//! What only HTTP/2 can do wrong: a stream that is reset while its connection lives on, and a
//! connection that is told to go away.
//!
//! Spoken with prior knowledge only. Browsers want TLS for HTTP/2: they need a proxy in front.

use std::time::Duration;

use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use hyper::{Request, Response, StatusCode};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// An event, and the beginning of another.
const CUT: &[u8] = b"retry: 200\nid: 1\ndata: tick 1\n\nid: 2\ndata: tick";
/// Three whole events.
const WHOLE: &[u8] = b"id: 1\ndata: tick 1\n\nid: 2\ndata: tick 2\n\nid: 3\ndata: tick 3\n\n";
/// Time for what was written to leave before the stream is reset, which throws away the rest.
const FLUSH: Duration = Duration::from_millis(100);
/// A client that says nothing by then is not one that is under test.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether the connection begins with HTTP/2's preface, which no method of HTTP/1 begins with.
pub(super) async fn is_spoken(stream: &TcpStream) -> bool {
    let mut first = [0; 3];
    let peeked = timeout(PATIENCE, stream.peek(&mut first)).await;
    matches!(peeked, Ok(Ok(3))) && first == *b"PRI"
}

/// What a request can order for its whole connection.
enum Order {
    GoAway,
    /// No byte of a request's body may be sent any more: uploads stall, streams go on.
    CloseWindow,
}

/// Serves one connection until it ends or is told to.
pub(super) async fn serve(stream: TcpStream) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    let (orders, mut ordered) = mpsc::channel(1);
    loop {
        tokio::select! {
            accepted = connection.accept() => match accepted {
                Some(Ok((request, response))) => {
                    tokio::spawn(answer(request, response, orders.clone()));
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

async fn leave(mut connection: Connection<TcpStream, Bytes>) {
    connection.abrupt_shutdown(Reason::NO_ERROR);
    // Until the frame has left and the client has closed, or does not.
    let _ = timeout(
        PATIENCE,
        std::future::poll_fn(|cx| connection.poll_closed(cx)),
    )
    .await;
}

async fn answer(
    request: Request<RecvStream>,
    mut response: SendResponse<Bytes>,
    orders: mpsc::Sender<Order>,
) {
    let name = request
        .uri()
        .path()
        .strip_prefix("/fault/h2/")
        .unwrap_or_default();
    let reset = match name {
        "cancel" => Reason::CANCEL,
        "refused" => Reason::REFUSED_STREAM,
        "internal" => Reason::INTERNAL_ERROR,
        "no-error" => Reason::NO_ERROR,
        "works" => {
            send(&mut response, WHOLE, true);
            return;
        }
        "silent" => return sleep(Duration::from_secs(3600)).await,
        "goaway" => {
            let _open = send(&mut response, CUT, false);
            sleep(FLUSH).await;
            // Nobody is told twice: a connection that leaves already takes no more orders.
            let _ = orders.send(Order::GoAway).await;
            return;
        }
        "zero-window" => {
            sleep(FLUSH).await;
            let _ = orders.send(Order::CloseWindow).await;
            sleep(FLUSH).await;
            send(&mut response, WHOLE, true);
            return;
        }
        _ => return not_found(&mut response),
    };
    let Some(mut body) = send(&mut response, CUT, false) else {
        return;
    };
    sleep(FLUSH).await;
    body.send_reset(reset);
}

/// Head and text of a stream; `None` if the client has gone.
fn send(
    response: &mut SendResponse<Bytes>,
    text: &'static [u8],
    is_whole: bool,
) -> Option<h2::SendStream<Bytes>> {
    let head = Response::builder()
        .header("content-type", "text/event-stream")
        .header("cache-control", "no-store")
        .header("access-control-allow-origin", "*")
        .body(())
        .ok()?;
    let mut body = response.send_response(head, false).ok()?;
    body.send_data(Bytes::from_static(text), is_whole).ok()?;
    Some(body)
}

fn not_found(response: &mut SendResponse<Bytes>) {
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::NOT_FOUND;
    // A client that has gone needs no answer.
    let _ = response.send_response(head, true);
}
