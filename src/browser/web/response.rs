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
use super::shared_state::SharedState;
use crate::browser::context::ResponseHead;
use crate::browser::fetch::FetchResponse;
use crate::connection::{Millis, ResponseFacts, is_nonce_challenge, retry_after};
use crate::event_stream::digits;

/// Reports a response to the lifecycle. The options decide whether it rejects the credentials.
pub(super) fn report(response: &FetchResponse, shared: &SharedState) {
    let head = &response.head;
    let wait = head
        .header("Retry-After")
        .and_then(|value| retry_after(value, js_sys::Date::now(), js_sys::Date::parse));
    let challenge = head.header("WWW-Authenticate");
    let facts = ResponseFacts {
        status: head.status,
        is_opaque_redirect: response.is_opaque_redirect,
        content_type: head.header("Content-Type"),
        retry_after: wait,
        is_rejection: shared.options.is_rejection(head),
        is_nonce_challenge: challenge.is_some_and(is_nonce_challenge),
    };
    // The caller's predicate may call the source, so that it runs before.
    shared.lifecycle().responded(&facts);
}

/// The longest pause of the stream, according to the header `SSE-Heartbeat` in seconds.
pub(super) fn heartbeat_interval(head: &ResponseHead) -> Option<Millis> {
    let seconds = head.header("SSE-Heartbeat")?;
    digits(seconds.as_bytes()).map(Millis::from_secs)
}

/// The head of a response of the browser.
pub(super) fn head_of(response: &Response) -> ResponseHead {
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
pub(super) async fn text_of(response: &mut FetchResponse) -> Option<String> {
    let mut body = BodyReader::of(response)?;
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
