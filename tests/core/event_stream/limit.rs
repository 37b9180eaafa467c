//! `[NON-SPEC]` The limit of one event and of one line. How memory behaves: event_stream_memory.rs.
use authenticated_event_source::event_stream::{EventStreamParser, Item};

const DEFAULT: usize = EventStreamParser::DEFAULT_MAX_EVENT_SIZE;
const CHUNK: usize = if cfg!(miri) { 128 } else { 4096 };

/// The length of the data of the first event; `None` if it was too large.
fn data_len(mut parser: EventStreamParser, stream: &[u8], chunk: usize) -> Option<usize> {
    let mut len = None;
    for piece in stream.chunks(chunk) {
        parser.feed(piece);
        while let Some(item) = parser.next_item() {
            match item {
                Item::Event(event) => len = Some(event.data.len()),
                Item::TooLarge => return None,
                other => unreachable!("the stream holds no {other:?}"),
            }
        }
    }
    len
}

/// A line of `len` bytes and a blank line.
fn one_line(len: usize) -> Vec<u8> {
    let mut stream = b"data:".to_vec();
    stream.resize(len, b'x');
    stream.extend_from_slice(b"\n\n");
    stream
}

/// Lines of data that are `len` bytes when joined, and a blank line.
fn many_lines(len: usize, line: usize) -> Vec<u8> {
    let mut stream = Vec::with_capacity(2 * len);
    let mut missing = len + 1;
    while missing > 0 {
        let value = line.min(missing - 1);
        stream.extend_from_slice(b"data: ");
        stream.resize(stream.len() + value, b'x');
        stream.push(b'\n');
        missing -= value + 1;
    }
    stream.push(b'\n');
    stream
}

#[test]
fn the_border_is_exact_for_lines() {
    for limit in [5, 6, 7, 8, 100, CHUNK - 1, CHUNK, CHUNK + 1] {
        for chunk in [1, 3, CHUNK, 2 * CHUNK] {
            let parser = || EventStreamParser::new().max_event_size(limit);
            assert_eq!(data_len(parser(), &one_line(limit), chunk), Some(limit - 5));
            assert_eq!(data_len(parser(), &one_line(limit + 1), chunk), None);
        }
    }
}

#[test]
fn the_border_is_exact_for_the_data() {
    for limit in [20, 21, 100, CHUNK - 1, CHUNK, CHUNK + 1] {
        for chunk in [1, 3, CHUNK, 2 * CHUNK] {
            let parser = || EventStreamParser::new().max_event_size(limit);
            assert_eq!(
                data_len(parser(), &many_lines(limit, 9), chunk),
                Some(limit)
            );
            assert_eq!(data_len(parser(), &many_lines(limit + 1, 9), chunk), None);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "16 MiB are too much for Miri")]
fn the_default_limit_is_16_mebibytes() {
    assert_eq!(DEFAULT, 16 * 1024 * 1024);
    let parser = EventStreamParser::new;
    assert_eq!(
        data_len(parser(), &one_line(DEFAULT), 1 << 20),
        Some(DEFAULT - 5)
    );
    assert_eq!(data_len(parser(), &one_line(DEFAULT + 1), 1 << 20), None);
    assert_eq!(
        data_len(parser(), &many_lines(DEFAULT, 1000), 1 << 20),
        Some(DEFAULT)
    );
    assert_eq!(
        data_len(parser(), &many_lines(DEFAULT + 1, 1000), 1 << 20),
        None
    );
}

/// That a parser of quadratic time takes minutes here is how a person notices; the proof is in
/// the unit tests of the parser, which count.
#[test]
#[cfg_attr(miri, ignore = "16 MiB are too much for Miri")]
#[expect(
    clippy::disallowed_methods,
    reason = "the time is printed on the host, never asserted"
)]
fn the_largest_event_comes_in_small_chunks() {
    let streams = [
        ("one line", one_line(DEFAULT), DEFAULT - 5),
        ("lines of 64 bytes", many_lines(DEFAULT, 64), DEFAULT),
        ("lines of 1 byte", many_lines(DEFAULT, 1), DEFAULT),
        ("lines of 1 MiB", many_lines(DEFAULT, 1 << 20), DEFAULT),
    ];
    for (name, stream, len) in streams {
        let start = std::time::Instant::now();
        assert_eq!(
            data_len(EventStreamParser::new(), &stream, CHUNK),
            Some(len)
        );
        println!(
            "16 MiB of data as {name} in chunks of 4 KiB: {:?}",
            start.elapsed()
        );
    }
}

#[test]
fn after_too_large_everything_is_ignored_until_the_reset() {
    let mut parser = EventStreamParser::new().max_event_size(10);
    parser.feed(b"id: 1\ndata: toolarge\n\ndata: a\n\n");
    assert_eq!(parser.next_item(), Some(Item::TooLarge));
    for _ in 0..3 {
        assert_eq!(parser.next_item(), None);
        parser.feed(b"\n\ndata: a\n\nretry: 5\n");
        parser.feed_with(9, |_| unreachable!("nobody reads it"));
    }
    parser.reset("2");
    assert_eq!(parser.next_item(), None);
    parser.feed(b"\xEF\xBB\xBFdata: b\n\n");
    let event = parser.next_event().expect("the event is small");
    let event = event.expect("the new stream has an event");
    assert_eq!((&*event.data, &*event.last_event_id), ("b", "2"));
}

#[test]
fn too_large_is_not_reported_after_a_reset() {
    let mut parser = EventStreamParser::new().max_event_size(10);
    parser.feed(b"data: toolarge\n\n");
    parser.reset("");
    assert_eq!(parser.next_item(), None);
}

/// The first bytes of a byte order mark are no line yet, as small as the limit may be.
#[test]
fn an_unfinished_byte_order_mark_is_not_too_large() {
    let mut parser = EventStreamParser::new().max_event_size(0);
    for piece in [b"\xEF", b"\xBB", b"\xBF", b"\n"] {
        parser.feed(piece);
        assert_eq!(parser.next_item(), None);
    }
}
