//! The two requests of a client: its stream, and a token.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use authenticated_event_source::connection::{Failure, Millis, Reason, ResponseFacts, retry_after};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::http::request::Builder;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A token, and when it expires (since 1970).
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) expires_at: Millis,
}

/// `POST /login`.
pub(crate) async fn login(address: SocketAddr, user: &str, ttl: u64) -> Result<Token, Failure> {
    let request = Request::post("/login").header("content-type", "application/json");
    let body = json!({ "user": user, "ttl": ttl }).to_string();
    let answer = async {
        let response = send(address, request, body).await?;
        let body = response.into_body().collect().await?.to_bytes();
        Ok::<Value, BoxError>(serde_json::from_slice(&body)?)
    };
    let answer = answer.await.map_err(|_| Failure::new(Reason::Auth))?;
    let token = answer["token"].as_str().zip(answer["expires_at"].as_u64());
    token
        .map(|(text, expires_at)| Token {
            text: text.to_owned(),
            expires_at: Millis::from_secs(expires_at),
        })
        .ok_or(Failure::new(Reason::Auth))
}

/// `GET /events`, checked.
pub(crate) async fn open(
    address: SocketAddr,
    token: &str,
    last_event_id: &str,
) -> Result<Incoming, Failure> {
    let mut request = Request::get("/events")
        .header("accept", "text/event-stream")
        .header("authorization", format!("Bearer {token}"));
    if !last_event_id.is_empty() {
        request = request.header("last-event-id", last_event_id);
    }
    let response = send(address, request, String::new()).await;
    let response = response.map_err(|_| Failure::new(Reason::Network))?;
    let header = |name| response.headers().get(name)?.to_str().ok();
    let head = ResponseFacts {
        status: response.status().as_u16(),
        is_opaque_redirect: false,
        content_type: header("content-type"),
        retry_after: header("retry-after")
            .and_then(|value| retry_after(value, unix_now().get() as f64, date)),
        is_rejection: response.status().as_u16() == 401,
        is_nonce_challenge: false,
    };
    head.check()?;
    Ok(response.into_body())
}

async fn send(
    address: SocketAddr,
    request: Builder,
    body: String,
) -> Result<Response<Incoming>, BoxError> {
    let request = request
        .header("host", address.to_string())
        .body(Full::new(Bytes::from(body)))?;
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the body, which is all that holds it.
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}

fn date(text: &str) -> f64 {
    let since_1970 = httpdate::parse_http_date(text)
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since_1970.map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}

/// The time since 1970.
pub(crate) fn unix_now() -> Millis {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.unwrap().into()
}
