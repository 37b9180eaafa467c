//! Encodes events as the bytes of an event stream. No value can end its field and forge another.
//!
//! A parser of
//! [the standard](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation)
//! returns the same event, with one exception: CR and CRLF in data become LF, because the format
//! cannot represent them.

use bytes::{BufMut, Bytes, BytesMut};
use thiserror::Error;

/// One event of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `id` field. `None` does not change the client's last event ID.
    pub id: Option<&'a str>,
    /// The `event` field. An empty type means `message`.
    pub event_type: &'a str,
    /// Any text. Each line becomes a `data` field. Empty data is one field, because a parser does
    /// not dispatch an event without a `data` field.
    pub data: &'a str,
}

/// The reason that an event cannot be encoded.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum EncodeError {
    /// The id contains NUL, which a parser ignores, or CR or LF, which would end the field.
    #[error("The event id contains CR, LF or NUL. Remove them.")]
    Id,
    /// The type contains NUL, CR or LF. CR or LF would end the field.
    #[error("The event type contains CR, LF or NUL. Remove them.")]
    EventType,
}

/// Returns the bytes of `event` with the blank line that ends it.
///
/// # Errors
/// Returns an error if the id or the type contains CR, LF or NUL. Any data can be encoded.
pub fn encode(event: &Event<'_>) -> Result<Bytes, EncodeError> {
    let mut out = BytesMut::with_capacity(event.data.len() + 64);
    if let Some(id) = event.id {
        check(id).ok_or(EncodeError::Id)?;
        put_field(&mut out, "id", id);
    }
    check(event.event_type).ok_or(EncodeError::EventType)?;
    if !event.event_type.is_empty() {
        put_field(&mut out, "event", event.event_type);
    }
    for line in lines(event.data) {
        put_field(&mut out, "data", line);
    }
    out.put_u8(b'\n');
    Ok(out.freeze())
}

/// Returns a comment and an id-only block. They keep the connection alive and set the client's last
/// event ID, without dispatching an event.
#[must_use]
pub fn heartbeat(cursor: &str) -> Bytes {
    Bytes::from(format!(": heartbeat\nid: {cursor}\n\n"))
}

/// Returns an id-only block, which dispatches no event.
#[must_use]
pub fn cursor(cursor: &str) -> Bytes {
    Bytes::from(format!("id: {cursor}\n\n"))
}

/// Returns a block with the reconnection time in milliseconds.
#[must_use]
pub fn retry(retry_ms: u64) -> Bytes {
    Bytes::from(format!("retry: {retry_ms}\n\n"))
}

fn check(value: &str) -> Option<()> {
    (!value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0))).then_some(())
}

/// Appends a field. A parser removes one space after the colon, so this function always writes one.
/// A value can thus begin with a space.
fn put_field(out: &mut BytesMut, name: &str, value: &str) {
    for part in [name, ": ", value, "\n"] {
        out.put_slice(part.as_bytes());
    }
}

/// Splits data at CRLF, CR and LF, as a parser does. `str::lines` does not split at a lone CR.
fn lines(data: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(data);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\r', '\n']) else {
            rest = None;
            return Some(text);
        };
        let width = if text[end..].starts_with("\r\n") {
            2
        } else {
            1
        };
        rest = Some(&text[end + width..]);
        Some(&text[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(data: &str) -> String {
        let event = Event {
            data,
            ..Event::default()
        };
        String::from_utf8(encode(&event).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn encode_starts_a_data_field_at_every_kind_of_line_end() {
        assert_eq!(
            data("a\r\nb\rc\nd"),
            "data: a\ndata: b\ndata: c\ndata: d\n\n"
        );
    }

    #[test]
    fn encode_writes_empty_data_and_a_trailing_newline() {
        assert_eq!(data(""), "data: \n\n");
        assert_eq!(data("a\n"), "data: a\ndata: \n\n");
    }

    #[test]
    fn encode_rejects_ids_and_types_that_would_forge_a_field() {
        for bad in ["7\ndata: forged", "7\r", "7\0"] {
            let event = Event {
                id: Some(bad),
                ..Event::default()
            };
            assert_eq!(encode(&event), Err(EncodeError::Id));
            let event = Event {
                event_type: bad,
                ..Event::default()
            };
            assert_eq!(encode(&event), Err(EncodeError::EventType));
        }
    }
}
