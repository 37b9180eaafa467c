//! Reads the parts of a response that decide whether it is an event stream.

use alloc::string::String;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::Poll;

use gloo_timers::future::TimeoutFuture;
use js_sys::Array;
use web_sys::Response;

use super::body::BodyReader;
use super::context::ResponseHead;
use super::shared_state::SharedState;
use super::sys;
use crate::connection::{Millis, ResponseFacts, is_nonce_challenge, retry_after};
use crate::event_stream::digits;

/// Reports a response to the lifecycle. The options decide whether it rejects the credentials.
pub(super) fn report(response: &Response, shared: &SharedState) {
    let header = |name| response.headers().get(name).ok().flatten();
    let kind = sys::member(response, "type").and_then(|kind| kind.as_string());
    let parse_date = |date: &str| js_sys::Date::parse(date);
    let retry_after = header("Retry-After")
        .and_then(|value| retry_after(&value, js_sys::Date::now(), parse_date));
    let content_type = header("Content-Type");
    let challenge = header("WWW-Authenticate");
    let facts = ResponseFacts {
        status: response.status(),
        is_opaque_redirect: kind.as_deref() == Some("opaqueredirect"),
        content_type: content_type.as_deref(),
        retry_after,
        is_rejection: shared.options.is_rejection(response.status()),
        is_nonce_challenge: challenge.is_some_and(|value| is_nonce_challenge(&value)),
    };
    // A getter of a replaced response may call the source, so all are read before.
    shared.lifecycle().responded(&facts);
}

/// The longest pause of the stream, according to the header `SSE-Heartbeat` in seconds.
pub(super) fn heartbeat_interval(response: &Response) -> Option<Millis> {
    let seconds = response.headers().get("SSE-Heartbeat").ok()??;
    digits(seconds.as_bytes()).map(Millis::from_secs)
}

/// The head of a response, for providers.
pub(super) fn response_head(response: &Response) -> ResponseHead {
    let entries = response.headers().entries();
    let text = |pair: &Array, index| pair.get(index).as_string().unwrap_or_default();
    ResponseHead {
        status: response.status(),
        url: response.url(),
        headers: entries
            .into_iter()
            .filter_map(Result::ok)
            .map(|entry| {
                let pair = Array::from(&entry);
                (text(&pair, 0), text(&pair, 1))
            })
            .collect(),
    }
}

/// The most bytes of the body of an error response that are read.
const LONGEST_TEXT: usize = 16_384;
/// The most milliseconds that reading them may take.
const TEXT_TIMEOUT: u32 = 1000;

/// Reads the start of a body as text, and cancels the rest. A character that the limit would cut is
/// left out. Returns `None` if the body cannot be read, or if the response is opaque.
pub(super) async fn text_of(response: &Response) -> Option<String> {
    let mut body = BodyReader::new(&response.body()?, response).ok()?;
    let mut timeout = TimeoutFuture::new(TEXT_TIMEOUT);
    let mut bytes = Vec::new();
    poll_fn(|context| {
        while bytes.len() < LONGEST_TEXT {
            match body.poll_chunk(context) {
                Poll::Ready(Ok(Some(chunk))) => bytes.extend(chunk.to_vec()),
                Poll::Ready(_) => break,
                Poll::Pending => return Pin::new(&mut timeout).poll(context),
            }
        }
        Poll::Ready(())
    })
    .await;
    Some(start_of(&bytes))
}

fn start_of(bytes: &[u8]) -> String {
    let is_cut = bytes.len() > LONGEST_TEXT;
    let mut end = bytes.len().min(LONGEST_TEXT);
    // A byte 10xxxxxx continues a character.
    while is_cut && end > 0 && bytes.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
        end -= 1;
    }
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}
