//! One connection to the fault port: one request, one answer, and a look at who ends it.

use std::sync::Arc;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Duration, timeout};

use super::control;
use super::head::allow_everything;
use super::http2;
use super::play::{Next, Player, stops_reading};
use super::presets::missing;
use super::shelf::{Shelf, Target};
use super::stage::{Cut, Stage};
use super::text::Words;
use super::tls;
use super::wire::Request;

/// How long a client may take to read the last bytes before the socket is closed under it.
const LINGER: Duration = Duration::from_secs(2);

/// A client that says nothing by then is not one that is under test.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a client speaks.
enum Protocol {
    Http1,
    /// With prior knowledge: no method of HTTP/1 begins as its preface does.
    Http2,
    Tls,
}

async fn protocol(stream: &TcpStream) -> Protocol {
    let mut first = [0; 3];
    match timeout(PATIENCE, stream.peek(&mut first)).await {
        Ok(Ok(3)) if first == *b"PRI" => Protocol::Http2,
        // The type of a record that begins a handshake.
        Ok(Ok(1..)) if first[0] == 22 => Protocol::Tls,
        _ => Protocol::Http1,
    }
}

/// Serves one connection.
pub(crate) async fn serve(stream: TcpStream, shelf: Arc<Shelf>) {
    // Without it the kernel would glue together what a script splits.
    let _ = stream.set_nodelay(true);
    match protocol(&stream).await {
        Protocol::Http1 => {}
        Protocol::Http2 => return http2::serve(stream, shelf).await,
        Protocol::Tls => {
            // A client that does not get along with the certificate says so itself.
            if let Ok(Ok(stream)) = timeout(PATIENCE, tls::accept(stream)).await {
                http2::serve(stream, shelf).await;
            }
            return;
        }
    }
    let (mut read, write) = stream.into_split();
    let Ok(Some(request)) = Request::read(&mut read).await else {
        return;
    };
    match shelf.find(&request) {
        Target::Play(stage) => play(&stage, &request, read, write).await,
        Target::Control => control::answer(&shelf, &request, read, write).await,
    }
}

async fn play(stage: &Stage, request: &Request, read: OwnedReadHalf, mut write: OwnedWriteHalf) {
    // Before the request is in the log: whoever reads it there may cut at once.
    let cuts = stage.cuts();
    let (seq, response) = stage.begin(request);
    let response = match response {
        Some(response) => response,
        None if request.is_preflight() => allow_everything(request),
        None => missing(),
    };
    let mut sent = 0;
    let mut player = Player::new(&mut write, Words::of(request), &mut sent);
    let mut read = Some(read).filter(|_| !stops_reading(&response.steps));
    let end = tokio::select! {
        played = player.play(&response, request) => match played {
            Ok(Next::Rst) => End::Reset,
            Ok(_) => End::Server,
            Err(_) => End::Client,
        },
        () = left(&mut read) => End::Client,
        cut = cuts.next() => if cut == Cut::Rst { End::Reset } else { End::Server },
    };
    if !request.is_preflight() {
        stage.end(seq, end.as_str(), sent);
    }
    finish(end, read, write).await;
}

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

/// Completes when the client has closed its side; never if nobody looks.
async fn left(read: &mut Option<OwnedReadHalf>) {
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
            // Closing with a linger of zero sends RST instead of FIN, and `forget` keeps the
            // write half from sending a FIN of its own before.
            let _ = SockRef::from(write.as_ref()).set_linger(Some(Duration::ZERO));
            write.forget();
        }
        End::Server => {
            // Closing a socket with unread bytes would send RST, so the client closes first.
            let _ = write.shutdown().await;
            let _ = timeout(LINGER, left(&mut read)).await;
        }
    }
}
