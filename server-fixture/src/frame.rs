//! Event → bytes of an event stream. Pure: no clock, no socket, and nothing a caller passes can
//! break out of the field it was meant for.
//!
//! What the frame says is what a parser of
//! [the standard](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation)
//! reads back, with one loss that the format itself imposes: CR and CRLF in data arrive as LF.

use bytes::{BufMut, Bytes, BytesMut};
use thiserror::Error;

/// One event as it will appear on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `id` field; `None` leaves the client's last event ID as it is.
    pub id: Option<&'a str>,
    /// The `event` field; empty means `message`.
    pub event_type: &'a str,
    /// Any text. Every line becomes a `data` field; empty data is still one field, because an
    /// event without a `data` field is never dispatched.
    pub data: &'a str,
}

/// Why an event cannot be written.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// A parser drops an id with NUL, and CR or LF would end the field and start a forged one.
    #[error("an event id must not contain CR, LF or NUL")]
    Id,
    /// CR or LF would end the field and start a forged one.
    #[error("an event type must not contain CR, LF or NUL")]
    EventType,
}

/// The bytes of `event`, blank line included.
///
/// # Errors
/// An id or a type that the format cannot carry. Data can always be carried.
pub fn encode(event: &Event<'_>) -> Result<Bytes, FrameError> {
    let mut out = BytesMut::with_capacity(event.data.len() + 64);
    if let Some(id) = event.id {
        check(id).ok_or(FrameError::Id)?;
        put_field(&mut out, "id", id);
    }
    check(event.event_type).ok_or(FrameError::EventType)?;
    if !event.event_type.is_empty() {
        put_field(&mut out, "event", event.event_type);
    }
    for line in lines(event.data) {
        put_field(&mut out, "data", line);
    }
    out.put_u8(b'\n');
    Ok(out.freeze())
}

/// A comment that keeps the connection alive and, in the same block, moves the client's last
/// event ID to `cursor` without dispatching anything.
#[must_use]
pub fn heartbeat(cursor: &str) -> Bytes {
    Bytes::from(format!(": heartbeat\nid: {cursor}\n\n"))
}

/// The cursor as an id-only block, which dispatches nothing.
#[must_use]
pub fn cursor(cursor: &str) -> Bytes {
    Bytes::from(format!("id: {cursor}\n\n"))
}

/// The reconnection time, in milliseconds.
#[must_use]
pub fn retry(retry_ms: u64) -> Bytes {
    Bytes::from(format!("retry: {retry_ms}\n\n"))
}

fn check(value: &str) -> Option<()> {
    (!value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0))).then_some(())
}

/// The space after the colon is always written: without it a value that starts with a space
/// would lose that space in the parser.
fn put_field(out: &mut BytesMut, name: &str, value: &str) {
    for part in [name, ": ", value, "\n"] {
        out.put_slice(part.as_bytes());
    }
}

/// Splits on CRLF, CR and LF, as the parser does; `str::lines` would leave a lone CR inside a
/// line, where the parser sees the end of a field.
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
    fn every_kind_of_line_end_starts_a_new_data_field() {
        assert_eq!(
            data("a\r\nb\rc\nd"),
            "data: a\ndata: b\ndata: c\ndata: d\n\n"
        );
    }

    #[test]
    fn empty_data_is_one_field_and_a_trailing_newline_is_kept() {
        assert_eq!(data(""), "data: \n\n");
        assert_eq!(data("a\n"), "data: a\ndata: \n\n");
    }

    #[test]
    fn ids_and_types_that_would_forge_a_field_are_refused() {
        for bad in ["7\ndata: forged", "7\r", "7\0"] {
            let event = Event {
                id: Some(bad),
                ..Event::default()
            };
            assert_eq!(encode(&event), Err(FrameError::Id));
            let event = Event {
                event_type: bad,
                ..Event::default()
            };
            assert_eq!(encode(&event), Err(FrameError::EventType));
        }
    }
}
