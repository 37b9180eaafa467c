//! Shared test helpers: a server in this process on a free port, and a client that reads event
//! streams with the project's own parser.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses another part of this one"
)]

pub mod browser;
pub mod cluster;
pub mod process;
pub mod proxy;
pub mod servers;
pub mod tls;

use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use authenticated_event_source::event_stream::{EventStreamParser, Item};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use server_fixture::{Config, fault_server, run};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::sync::CancellationToken;

use self::tls::Certificate;

/// The time limit of one step. A working server needs less, even on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Awaits `future`. Fails the test after the time limit, so that no test hangs.
pub async fn soon<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future)
        .await
        .expect("the server answers in time")
}

/// Any error of a request.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A server in this process.
pub struct Server {
    pub address: SocketAddr,
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Server {
    /// Starts a server in demo mode with a known secret, without metrics events, and with `flags`.
    pub async fn start(flags: &[&str]) -> Self {
        let quiet = ["--demo", "--jwt-secret", "test", "--metrics-interval", "0"];
        Self::bare(&[&quiet, flags].concat()).await
    }

    /// Starts a server with only these flags.
    pub async fn bare(flags: &[&str]) -> Self {
        let config = Config::from_flags(flags).unwrap_or_else(|error| panic!("{error}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let shutdown = stop.clone().cancelled_owned();
        let ended = tokio::spawn(async move { run(listener, config, shutdown).await.unwrap() });
        Self {
            address,
            stop,
            ended,
        }
    }

    /// Begins the shutdown.
    pub fn begin_stop(&self) {
        self.stop.cancel();
    }

    /// Shuts the server down and waits for its end.
    pub async fn stop(mut self) {
        self.stop.cancel();
        soon(&mut self.ended).await.unwrap();
    }

    /// Waits for the end of the server.
    pub async fn ended(mut self) {
        soon(&mut self.ended).await.unwrap();
    }

    pub fn client(&self) -> Client {
        Client::to(self.address)
    }

    /// Returns a client with a token of `user`.
    pub async fn login(&self, user: &str) -> Client {
        self.client().login(user, 900).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Starts a fault server in this process and returns a client of it.
pub async fn faults() -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(fault_server::run(listener, std::future::pending()));
    Client::to(address)
}

/// A client that sends the same headers with each request.
#[derive(Clone)]
pub struct Client {
    pub address: SocketAddr,
    from: [u8; 4],
    headers: Vec<(String, String)>,
    /// The name in the certificate, and the connector.
    tls: Option<(ServerName<'static>, TlsConnector)>,
}

async fn shake_hands(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Full<Bytes>>, BoxError> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// A complete response.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl Client {
    pub fn to(address: SocketAddr) -> Self {
        Self {
            address,
            from: [127, 0, 0, 1],
            headers: Vec::new(),
            tls: None,
        }
    }

    /// Uses TLS with a server called `name`, and trusts only its certificate.
    pub fn over_tls(mut self, name: &'static str, certificate: &Certificate) -> Self {
        let name = ServerName::try_from(name).unwrap();
        self.tls = Some((name, certificate.connector()));
        self
    }

    /// Connects from this local address. Has no effect over IPv6.
    pub fn from(self, from: [u8; 4]) -> Self {
        Self { from, ..self }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub async fn login(&self, user: &str, ttl: u64) -> Self {
        let token = self.token(user, ttl).await;
        self.clone()
            .with("authorization", &format!("Bearer {token}"))
    }

    pub async fn token(&self, user: &str, ttl: u64) -> String {
        let answer = self
            .post("/login", json!({ "user": user, "ttl": ttl }))
            .await;
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, BoxError> {
        let socket = match self.address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        if self.address.is_ipv4() {
            socket.bind(SocketAddr::from((self.from, 0)))?;
        }
        let stream = socket.connect(self.address).await?;
        match &self.tls {
            Some((name, tls)) => shake_hands(tls.connect(name.clone(), stream).await?).await,
            None => shake_hands(stream).await,
        }
    }

    /// Sends a request to a server that may be down.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        body: Bytes,
    ) -> Result<hyper::Response<Incoming>, BoxError> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.address.to_string());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body))?;
        Ok(soon(self.connect().await?.send_request(request)).await?)
    }

    pub async fn send(&self, method: &str, path: &str, body: Bytes) -> hyper::Response<Incoming> {
        self.try_send(method, path, body).await.unwrap()
    }

    async fn whole(&self, method: &str, path: &str, body: Bytes) -> Answer {
        self.try_whole(method, path, body).await.unwrap()
    }

    async fn try_whole(&self, method: &str, path: &str, body: Bytes) -> Result<Answer, BoxError> {
        let (parts, body) = self.try_send(method, path, body).await?.into_parts();
        let body = soon(body.collect()).await?.to_bytes();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }

    /// Returns only the status and the headers. A stream is closed again.
    pub async fn get_head(&self, path: &str) -> Answer {
        let (parts, _) = self.send("GET", path, Bytes::new()).await.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: Bytes::new(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.whole("GET", path, Bytes::new()).await
    }

    pub async fn request(&self, method: &str, path: &str) -> Answer {
        self.whole(method, path, Bytes::new()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.try_post(path, body).await.unwrap()
    }

    /// Sends a request to a server that may be down.
    pub async fn try_post(&self, path: &str, body: Value) -> Result<Answer, BoxError> {
        let json = self.clone().with("content-type", "application/json");
        json.try_whole("POST", path, Bytes::from(body.to_string()))
            .await
    }

    /// Publishes an event and returns its id.
    pub async fn publish(&self, event_type: &str, data: &str) -> String {
        let answer = self
            .post("/publish", json!({ "type": event_type, "data": data }))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// Opens a stream and reads until the event `connected`.
    pub async fn open(&self, path: &str) -> Stream {
        let mut stream = self.stream(path).await;
        stream.until("connected").await;
        stream
    }

    /// Opens a stream.
    pub async fn stream(&self, path: &str) -> Stream {
        let stream = self.try_stream(path).await.unwrap();
        stream.unwrap_or_else(|| panic!("GET {path} is not answered with 200"))
    }

    /// Opens a stream of a server that may be down. Returns `None` if the status is not 200.
    pub async fn try_stream(&self, path: &str) -> Result<Option<Stream>, BoxError> {
        let (parts, body) = self.try_send("GET", path, Bytes::new()).await?.into_parts();
        let stream = Stream {
            headers: parts.headers,
            body,
            parser: EventStreamParser::new(),
            items: VecDeque::new(),
            last_event_id: String::new(),
        };
        Ok((parts.status == 200).then_some(stream))
    }
}

/// An item of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Event {
        event_type: String,
        data: String,
        id: Option<String>,
    },
    Id(String),
    Retry(u64),
    Comment(String),
}

/// An open stream.
pub struct Stream {
    pub headers: HeaderMap,
    body: Incoming,
    parser: EventStreamParser,
    items: VecDeque<Seen>,
    /// The last event ID that a client would send.
    pub last_event_id: String,
}

/// An event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub event_type: String,
    pub data: String,
    /// `None` if the block had no id.
    pub id: Option<String>,
}

impl Event {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

impl Stream {
    /// Returns the next item, `None` at a clean end, and an error if the connection broke.
    pub async fn try_next(&mut self) -> Result<Option<Seen>, hyper::Error> {
        loop {
            if let Some(seen) = self.items.pop_front() {
                self.remember(&seen);
                return Ok(Some(seen));
            }
            let Some(frame) = soon(self.body.frame()).await else {
                return Ok(None);
            };
            if let Ok(bytes) = frame?.into_data() {
                self.parser.feed(&bytes);
            }
            while let Some(item) = self.parser.next_item() {
                self.items.push_back(seen(item));
            }
        }
    }

    fn remember(&mut self, seen: &Seen) {
        if let Seen::Id(id) | Seen::Event { id: Some(id), .. } = seen {
            self.last_event_id.clone_from(id);
        }
    }

    pub async fn next(&mut self) -> Option<Seen> {
        self.try_next().await.unwrap()
    }

    /// Returns the next event. Other items are skipped.
    pub async fn event(&mut self) -> Event {
        loop {
            let next = self.next().await.expect("another event, not the end");
            if let Seen::Event {
                event_type,
                data,
                id,
            } = next
            {
                return Event {
                    event_type,
                    data,
                    id,
                };
            }
        }
    }

    /// Reads until an event of this type.
    pub async fn until(&mut self, event_type: &str) -> Event {
        loop {
            let event = self.event().await;
            if event.event_type == event_type {
                return event;
            }
        }
    }

    /// Returns all items until a clean end.
    pub async fn rest(&mut self) -> Vec<Seen> {
        self.try_all().await.unwrap()
    }

    /// Returns all items until a clean end, or an error if the connection broke.
    pub async fn try_all(&mut self) -> Result<Vec<Seen>, hyper::Error> {
        let mut all = Vec::new();
        while let Some(seen) = self.try_next().await? {
            all.push(seen);
        }
        Ok(all)
    }
}

fn seen(item: Item<'_>) -> Seen {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match item {
        Item::Event(event) => Seen::Event {
            event_type: text(event.event_type),
            data: text(event.data),
            id: event.has_id.then(|| text(event.last_event_id)),
        },
        Item::LastEventId(id) => Seen::Id(text(id)),
        Item::ReconnectionTime(time) => Seen::Retry(time.as_millis().try_into().unwrap()),
        Item::Comment(comment) => Seen::Comment(text(comment)),
        other => panic!("{other:?}"),
    }
}
