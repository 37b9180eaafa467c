//! Scripts that are played over HTTP/2.

use serde_json::Value;
use tokio::net::TcpStream;

use crate::support::{faults, soon};

/// Sends a request on a shared HTTP/2 connection. Returns the body and the way it ended.
async fn over_http2(
    client: &mut h2::client::SendRequest<bytes::Bytes>,
    name: &str,
) -> (String, Option<h2::Error>) {
    let request = hyper::Request::get(format!("http://fault/fault/h2/{name}"))
        .body(())
        .unwrap();
    let ready = soon(client.clone().ready()).await;
    let mut ready = match ready {
        Ok(ready) => ready,
        Err(error) => return (String::new(), Some(error)),
    };
    let (response, _) = ready.send_request(request, true).unwrap();
    let mut body = soon(response).await.unwrap().into_body();
    let mut text = String::new();
    loop {
        match soon(body.data()).await {
            Some(Ok(bytes)) => text.push_str(std::str::from_utf8(&bytes).unwrap()),
            Some(Err(error)) => return (text, Some(error)),
            None => return (text, None),
        }
    }
}

#[tokio::test]
async fn http2_streams_are_reset_one_by_one_and_connections_are_told_to_go_away() {
    let address = faults().await.address;
    let socket = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(socket).await.unwrap();
    let connection = tokio::spawn(connection);
    for (name, reason) in [
        ("cancel", h2::Reason::CANCEL),
        ("internal", h2::Reason::INTERNAL_ERROR),
        ("refused", h2::Reason::REFUSED_STREAM),
        ("no-error", h2::Reason::NO_ERROR),
    ] {
        let (text, error) = over_http2(&mut client, name).await;
        assert!(text.ends_with("data: tick"), "{name}: {text}");
        let error = error.unwrap_or_else(|| panic!("{name} ends cleanly"));
        assert!(
            error.is_reset() && error.reason() == Some(reason),
            "{name}: {error}"
        );
    }
    // The connection is still usable.
    let (text, error) = over_http2(&mut client, "works").await;
    assert!(
        text.ends_with("data: tick 3\n\n") && error.is_none(),
        "{text}"
    );
    let (_, error) = over_http2(&mut client, "goaway").await;
    // GOAWAY permits open streams to continue, but then the connection closes.
    assert!(error.is_some());
    let (_, error) = over_http2(&mut client, "works").await;
    assert!(
        error.is_some(),
        "nothing new begins on a connection that goes away"
    );
    let _ = soon(connection).await;
}

#[tokio::test]
async fn http2_requests_are_logged_with_their_cursor_and_their_end() {
    let faults = faults().await;
    let socket = TcpStream::connect(faults.address).await.unwrap();
    let (client, connection) = h2::client::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let ask = |name: &str| {
        let request = hyper::Request::get(format!("http://fault/fault/h2/{name}?run=1"))
            .header("last-event-id", "7")
            .header("authorization", "Bearer secret");
        let request = request.body(()).unwrap();
        client.clone().send_request(request, true).unwrap().0
    };
    let _body = soon(ask("cancel")).await.unwrap();
    let log = faults
        .get("/fault/h2/cancel/log?run=1&ended=1")
        .await
        .json();
    let entry = &log["requests"][0];
    assert_eq!(entry["target"], "/fault/h2/cancel?run=1");
    assert_eq!(entry["last_event_id"], "7");
    assert_eq!(entry["authorization"]["scheme"], "Bearer");
    assert!(!log.to_string().contains("secret"), "{log}");
    assert_eq!(entry["ended"]["by"], "server-reset");
    assert_eq!(entry["ended"]["bytes_sent"], 47);

    let silent = ask("silent");
    let open = faults.get("/fault/h2/silent/log?run=1&wait=1").await.json();
    assert_eq!(open["requests"][0]["ended"], Value::Null);
    drop(silent);
    let left = faults
        .get("/fault/h2/silent/log?run=1&ended=1")
        .await
        .json();
    assert_eq!(left["requests"][0]["ended"]["by"], "client");

    let _silent = ask("silent");
    faults.get("/fault/h2/silent/log?run=1&wait=2").await;
    faults.request("POST", "/fault/h2/silent/close?run=1").await;
    let cut = faults
        .get("/fault/h2/silent/log?run=1&ended=2")
        .await
        .json();
    assert_eq!(cut["requests"][1]["ended"]["by"], "server-reset");
    assert_eq!(faults.get("/fault/h2/works").await.status, 505);
}

#[tokio::test]
async fn http2_zero_window_stalls_uploads_and_no_streams() {
    let address = faults().await.address;
    let socket = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(socket).await.unwrap();
    let connection = tokio::spawn(connection);
    let (text, error) = over_http2(&mut client, "zero-window").await;
    assert!(
        text.ends_with("data: tick 3\n\n") && error.is_none(),
        "{text}"
    );
    let request = hyper::Request::post("http://fault/fault/h2/silent")
        .body(())
        .unwrap();
    let mut ready = soon(client.clone().ready()).await.unwrap();
    let (_response, mut upload) = ready.send_request(request, false).unwrap();
    upload.reserve_capacity(1);
    let granted = std::future::poll_fn(|context| upload.poll_capacity(context));
    let granted = tokio::time::timeout(std::time::Duration::from_millis(500), granted).await;
    assert!(granted.is_err(), "the window is open: {granted:?}");
    let (text, _) = over_http2(&mut client, "works").await;
    assert!(text.ends_with("data: tick 3\n\n"), "{text}");
    connection.abort();
}
