//! A property test of the encoder: the client's parser returns every encoded event.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

use authenticated_event_source::event_stream::EventStreamParser;
use server_fixture::encode::{self, EncodeError, Event};

/// Parts of values that often break encoders: line ends, field names, separators, characters of one
/// to four bytes, a byte order mark, and NUL.
const PIECES: [&str; 24] = [
    "\r",
    "\n",
    "\r\n",
    "\n\n",
    ":",
    " ",
    "  ",
    "data: x",
    "id: 7",
    "event: evil",
    "retry: 1",
    "a",
    "\u{feff}",
    "\0",
    "é",
    "€",
    "😀",
    "\u{2028}",
    "\u{85}",
    "\t",
    "\u{b}",
    "message",
    "{\"a\":1}",
    "",
];

fn text(random: &mut fastrand::Rng) -> String {
    (0..random.usize(..6))
        .map(|_| PIECES[random.usize(..PIECES.len())])
        .collect()
}

/// Returns a value that is valid in nine of ten cases, because a rejected case tests little.
fn name(random: &mut fastrand::Rng) -> String {
    let mut name = text(random);
    if random.u8(..10) > 0 {
        name.retain(|character| !matches!(character, '\r' | '\n' | '\0'));
    }
    name
}

/// Normalizes line ends, the only change that the format imposes.
fn as_read(data: &str) -> String {
    data.replace("\r\n", "\n").replace('\r', "\n")
}

/// Encodes a million valid events and feeds each to the parser in two random chunks. Invalid events
/// must be rejected.
#[test]
fn encoder_and_parser_agree_on_a_million_random_events() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut parser = EventStreamParser::new();
    let mut last_event_id = String::new();
    let mut case = 0;
    while case < 1_000_000 {
        let (event_type, data, id) = (name(&mut random), text(&mut random), name(&mut random));
        let id = random.bool().then_some(id.as_str());
        let event = Event {
            id,
            event_type: &event_type,
            data: &data,
        };
        let is_legal = |value: &str| !value.contains(['\r', '\n', '\0']);
        let bytes = match encode::encode(&event) {
            Ok(bytes) => bytes,
            Err(EncodeError::Id) => {
                assert!(!is_legal(id.unwrap()));
                continue;
            }
            Err(EncodeError::EventType) => {
                assert!(!is_legal(&event_type));
                continue;
            }
        };
        case += 1;
        assert!(
            is_legal(&event_type) && id.is_none_or(is_legal),
            "seed {seed} case {case}"
        );
        let (head, tail) = bytes.split_at(random.usize(..=bytes.len()));
        parser.feed(head);
        assert!(
            tail.is_empty() || parser.next_event() == Ok(None),
            "seed {seed} case {case}"
        );
        parser.feed(tail);
        let read = parser
            .next_event()
            .unwrap()
            .unwrap_or_else(|| panic!("seed {seed} case {case}"));
        if let Some(id) = id {
            id.clone_into(&mut last_event_id);
        }
        let event_type = if event_type.is_empty() {
            "message"
        } else {
            &event_type
        };
        assert_eq!(
            (&*read.event_type, read.data, &*read.last_event_id),
            (event_type, as_read(&data), &*last_event_id),
            "seed {seed} case {case}"
        );
        assert!(parser.next_event() == Ok(None), "seed {seed} case {case}");
    }
}
