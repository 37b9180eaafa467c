//! The obvious interpreter of event streams: slow, on Strings, step by step in the order of the
//! standard. The parser is right if it finds the same.
#![allow(
    dead_code,
    reason = "each test program and fuzz target uses a part of it"
)]

mod case;
mod observed;

use std::borrow::Cow;

pub(crate) use case::Case;
pub(crate) use observed::{check_events, cut, parse, parse_lazily};

/// What a stream holds, decoded and owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Event {
        event_type: String,
        data: String,
        last_event_id: String,
    },
    LastEventId(String),
    /// In milliseconds; what is larger than an `u64` is the largest `u64`.
    ReconnectionTime(u64),
    Comment(String),
    TooLarge,
}

/// Interprets a whole stream ([WHATWG HTML §9.2.6]).
///
/// `limit` counts the bytes of the decoded text, so it is exact for streams of well-formed UTF-8.
///
/// [WHATWG HTML §9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
pub(crate) fn interpret(stream: &[u8], last_event_id: &str, limit: usize) -> Vec<Item> {
    let text = utf_8_decode(stream);
    let mut oracle = Oracle {
        items: Vec::new(),
        data_buffer: String::new(),
        event_type_buffer: String::new(),
        last_event_id_buffer: last_event_id.to_owned(),
        is_id_in_block: false,
    };
    let mut rest = &*text;
    while let Some((line, after)) = split_line(rest) {
        rest = after;
        if line.len() <= limit {
            oracle.process_the_line(line);
        }
        // Ours, not the standard's: the data without the LF at its end is limited too.
        if line.len() > limit || oracle.data_buffer.len() > limit + 1 {
            oracle.items.push(Item::TooLarge);
            return oracle.items;
        }
    }
    // Once the end of the file is reached, any pending data must be discarded.
    if rest.len() > limit {
        oracle.items.push(Item::TooLarge);
    }
    oracle.items
}

/// [UTF-8 decode](https://encoding.spec.whatwg.org/#utf-8-decode), which strips one leading BOM.
fn utf_8_decode(stream: &[u8]) -> Cow<'_, str> {
    if cfg!(miri) {
        // Miri cannot run the assembly of encoding_rs.
        let text = String::from_utf8_lossy(stream);
        return Cow::Owned(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned());
    }
    encoding_rs::UTF_8.decode_with_bom_removal(stream).0
}

/// The first line without its end, and what follows; `None` if no line ends.
fn split_line(text: &str) -> Option<(&str, &str)> {
    let end = text.find(['\r', '\n'])?;
    let (line, rest) = text.split_at(end);
    Some((line, rest.strip_prefix("\r\n").unwrap_or(&rest[1..])))
}

struct Oracle {
    items: Vec<Item>,
    data_buffer: String,
    event_type_buffer: String,
    last_event_id_buffer: String,
    is_id_in_block: bool,
}

impl Oracle {
    fn process_the_line(&mut self, line: &str) {
        if line.is_empty() {
            self.dispatch_the_event();
        } else if let Some(comment) = line.strip_prefix(':') {
            self.items
                .push(Item::Comment(without_one_space(comment).to_owned()));
        } else if let Some((field, value)) = line.split_once(':') {
            self.process_the_field(field, without_one_space(value));
        } else {
            self.process_the_field(line, "");
        }
    }

    fn process_the_field(&mut self, field: &str, value: &str) {
        match field {
            "event" => self.event_type_buffer = value.to_owned(),
            "data" => {
                self.data_buffer += value;
                self.data_buffer += "\n";
            }
            "id" if !value.contains('\0') => {
                self.last_event_id_buffer = value.to_owned();
                self.is_id_in_block = true;
            }
            "retry" if !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()) => {
                // Digits that do not fit are all that can fail here.
                self.items
                    .push(Item::ReconnectionTime(value.parse().unwrap_or(u64::MAX)));
            }
            _ => {}
        }
    }

    fn dispatch_the_event(&mut self) {
        if self.data_buffer.is_empty() {
            if self.is_id_in_block {
                self.items
                    .push(Item::LastEventId(self.last_event_id_buffer.clone()));
            }
        } else {
            let event_type = Some(&*self.event_type_buffer).filter(|named| !named.is_empty());
            self.items.push(Item::Event {
                event_type: event_type.unwrap_or("message").to_owned(),
                data: self.data_buffer[..self.data_buffer.len() - 1].to_owned(),
                last_event_id: self.last_event_id_buffer.clone(),
            });
        }
        self.data_buffer.clear();
        self.event_type_buffer.clear();
        self.is_id_in_block = false;
    }
}

fn without_one_space(value: &str) -> &str {
    value.strip_prefix(' ').unwrap_or(value)
}
