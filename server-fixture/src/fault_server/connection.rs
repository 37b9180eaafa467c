//! One connection to the fault port: reads one request, plays one response, and logs which side
//! closes the connection.

use std::borrow::Cow;
use std::sync::Arc;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Duration, timeout};

use super::http1_request::Request;
use super::placeholders::Placeholders;
use super::player::{LONGEST, Player, StepResult, stops_reading};
use super::presets::missing;
use super::response_head::allow_everything;
use super::script_state::{Cut, ScriptState};
use super::script_store::{Route, ScriptStore};
use super::{admin_api, http2, tls};

/// The longest wait for the client to close after the last bytes.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The time limit for the first bytes of a client, and for the TLS handshake.
const FIRST_BYTES_TIMEOUT: Duration = Duration::from_secs(10);

/// The protocol of a client.
enum Protocol {
    Http1,
    /// HTTP/2 with prior knowledge. No HTTP/1 method begins like its preface.
    Http2,
    Tls,
}

async fn detect_protocol(stream: &TcpStream) -> Protocol {
    let mut first = [0; 3];
    match timeout(FIRST_BYTES_TIMEOUT, stream.peek(&mut first)).await {
        Ok(Ok(3)) if first == *b"PRI" => Protocol::Http2,
        // 22 is the TLS record type of a handshake.
        Ok(Ok(1..)) if first[0] == 22 => Protocol::Tls,
        _ => Protocol::Http1,
    }
}

/// Serves one connection.
pub(crate) async fn serve(stream: TcpStream, store: Arc<ScriptStore>) {
    // With Nagle's algorithm the kernel would join the pieces that a script splits.
    let _ = stream.set_nodelay(true);
    match detect_protocol(&stream).await {
        Protocol::Http1 => {}
        Protocol::Http2 => return http2::serve(stream, store).await,
        Protocol::Tls => {
            // A client reports a failed handshake itself.
            if let Ok(Ok(stream)) = timeout(FIRST_BYTES_TIMEOUT, tls::accept(stream)).await {
                http2::serve(stream, store).await;
            }
            return;
        }
    }
    let (mut read, write) = stream.into_split();
    let Ok(Some(request)) = Request::read(&mut read, &store.transient).await else {
        return;
    };
    match store.find(&request) {
        Route::Play(state) => play(&store, &state, &request, read, write).await,
        Route::Admin => admin_api::respond(&store, &request, read, write).await,
    }
}

async fn play(
    store: &ScriptStore,
    state: &ScriptState,
    request: &Request,
    read: OwnedReadHalf,
    mut write: OwnedWriteHalf,
) {
    // Subscribe before the request is in the log: a test that reads the log may cut at once.
    let cuts = state.cuts();
    let (seq, response) = state.begin(request);
    let response = match response {
        Some(response) => Cow::Borrowed(response),
        None if request.is_preflight() => Cow::Owned(allow_everything(request)),
        None => Cow::Owned(missing()),
    };
    let mut sent = 0;
    let placeholders = Placeholders::from_request(request);
    let mut player = Player::new(&mut write, placeholders, &store.transient, &mut sent);
    let mut read = Some(read).filter(|_| !stops_reading(&response.steps));
    let end = tokio::select! {
        played = timeout(LONGEST, player.play(&response, request)) => match played {
            Ok(Ok(StepResult::Rst)) => End::Reset,
            Ok(Ok(_)) | Err(_) => End::Server,
            Ok(Err(_)) => End::Client,
        },
        () = client_closed(&mut read) => End::Client,
        cut = cuts.next() => if cut == Cut::Rst { End::Reset } else { End::Server },
    };
    if !request.is_preflight() {
        state.end(seq, end.as_str(), sent);
    }
    finish(end, read, write).await;
}

/// The side that ended the connection.
#[derive(Clone, Copy)]
enum End {
    Client,
    Server,
    Reset,
}

impl End {
    fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Reset => "server-reset",
        }
    }
}

/// Completes when the client closes its side. Never completes if the script stops reading.
async fn client_closed(read: &mut Option<OwnedReadHalf>) {
    let Some(read) = read else {
        return std::future::pending().await;
    };
    let mut scrap = [0; 1024];
    while matches!(read.read(&mut scrap).await, Ok(count) if count > 0) {}
}

async fn finish(end: End, mut read: Option<OwnedReadHalf>, mut write: OwnedWriteHalf) {
    match end {
        End::Client => {}
        End::Reset => {
            // A linger time of zero makes `close` send RST instead of FIN. `forget` keeps tokio from
            // sending FIN when it drops the write half.
            let _ = SockRef::from(write.as_ref()).set_linger(Some(Duration::ZERO));
            write.forget();
        }
        End::Server => {
            // Closing a socket with unread bytes sends RST. Wait for the client to close first.
            let _ = write.shutdown().await;
            let _ = timeout(CLOSE_TIMEOUT, client_closed(&mut read)).await;
        }
    }
}
