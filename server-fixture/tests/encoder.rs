//! What the encoder writes, the client's parser reads back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

use authenticated_event_source::event_stream::EventStreamParser;
use server_fixture::sse::encode::{self, EncodeError, Event};

/// Pieces that break encoders: line ends of every kind, field names, separators, characters of
/// one to four bytes, a byte order mark, NUL.
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

/// Mostly legal: a case that is refused proves little.
fn name(random: &mut fastrand::Rng) -> String {
    let mut name = text(random);
    if random.u8(..10) > 0 {
        name.retain(|character| !matches!(character, '\r' | '\n' | '\0'));
    }
    name
}

/// The one loss that the format imposes.
fn as_read(data: &str) -> String {
    data.replace("\r\n", "\n").replace('\r', "\n")
}

/// A million legal events, and those between that are refused, cut into chunks at random places, all read back as they were written.
#[test]
fn a_million_random_events_are_read_back_as_they_were_written() {
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
            tail.is_empty() || parser.next_event().is_none(),
            "seed {seed} case {case}"
        );
        parser.feed(tail);
        let read = parser
            .next_event()
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
            (read.event_type.as_str(), read.data, &read.last_event_id),
            (event_type, as_read(&data), &last_event_id),
            "seed {seed} case {case}"
        );
        assert!(parser.next_event().is_none(), "seed {seed} case {case}");
    }
}
