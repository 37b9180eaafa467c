//! `find_data` finds the same events as `next_item`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{EventStreamParser, Item, RawEvent};

/// Returns all items of the chunks, as text, as the npm package finds them or by `next_item` alone.
fn items<'a>(
    parser: &mut EventStreamParser,
    chunks: impl Iterator<Item = &'a [u8]>,
    is_npm: bool,
) -> Vec<String> {
    let mut found = Vec::new();
    for chunk in chunks {
        parser.feed(chunk);
        loop {
            let mut values = Vec::new();
            if is_npm {
                parser.find_data(|value| values.push(value));
            }
            found.extend(values.into_iter().map(|value| {
                let event = Item::Event(RawEvent {
                    event_type: b"message",
                    has_type: false,
                    data: parser.lines.bytes(value),
                    last_event_id: parser.block.last_event_id().bytes(&parser.lines),
                    has_id: false,
                });
                format!("{event:?}")
            }));
            let Some(item) = parser.next_item() else {
                break;
            };
            found.push(format!("{item:?}"));
        }
    }
    found
}

/// What streams consist of: whole events and parts of them, so that each can follow each other.
const PIECES: [&[u8]; 24] = [
    b"data: a token of a language model\n\n",
    b"data: {\"delta\":{\"content\":\"more than one block of sixty-four bytes, and then some\"}}\n\n",
    b"data:x\n\n",
    b"data:  two spaces\n\n",
    b"data:\n\n",
    b"data: \n\n",
    b"data\n\n",
    b"data: \xc3\xbcber\n\n",
    b"data: one\ndata: two\n\n",
    b"data: a\r\n\r\n",
    b"data: a\r\r",
    b"data: a\n\r\n",
    b"data: a\r\n\n",
    b"data: unfinished",
    b"id: 7\ndata: a\n\n",
    b"id: 8\n\n",
    b"event: e\n",
    b"event\n",
    b": comment\n",
    b"retry: 5\n",
    b"unknown: x\n\n",
    b"\n",
    b"\r",
    b"\xef\xbb\xbf",
];

fn random_stream(random: &mut fastrand::Rng, pieces: usize) -> Vec<u8> {
    let mut piece = || PIECES[random.usize(..PIECES.len())];
    (0..pieces).flat_map(|_| piece()).copied().collect()
}

#[test]
fn find_data_finds_the_same_events_for_all_splits() {
    let mut random = fastrand::Rng::with_seed(20_261_130);
    for round in 0..if cfg!(miri) { 2 } else { 150 } {
        let stream = random_stream(&mut random, 2 + round % 6);
        let limit = if round % 3 == 0 { 20 } else { 1000 };
        let mut parser = EventStreamParser::new().max_event_size(limit);
        let expected = items(&mut parser, [&*stream].into_iter(), false);
        for split in 0..=stream.len() {
            parser.reset("");
            let (start, end) = stream.split_at(split);
            let found = items(&mut parser, [start, end].into_iter(), true);
            let text = String::from_utf8_lossy(&stream);
            assert_eq!(found, expected, "{text:?}, {split}");
        }
        for size in [1, 3, 64] {
            parser.reset("");
            let found = items(&mut parser, stream.chunks(size), true);
            let text = String::from_utf8_lossy(&stream);
            assert_eq!(found, expected, "{text:?} in chunks of {size}");
        }
    }
}

#[test]
fn find_data_finds_the_same_events_in_long_streams() {
    let mut random = fastrand::Rng::with_seed(1);
    for size in [100, 1000, 1 << 20] {
        let stream = random_stream(&mut random, if cfg!(miri) { 30 } else { 5000 });
        let mut parser = EventStreamParser::new();
        let expected = items(&mut parser, stream.chunks(size), false);
        parser.reset("");
        assert_eq!(items(&mut parser, stream.chunks(size), true), expected);
    }
}

/// Only then is it worth its size.
#[test]
fn find_data_finds_most_events_of_one_line() {
    let stream = b"data: a token of a language model\n\n".repeat(1000);
    let mut parser = EventStreamParser::new();
    parser.feed(&stream);
    let mut events = 0;
    loop {
        parser.find_data(|_| events += 1);
        if parser.next_item().is_none() {
            break;
        }
    }
    assert!(events > 950, "{events} of 1000");
}
