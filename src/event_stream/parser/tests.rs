//! Tests of internals. Linear time is proven by counting work, because a clock would measure the
//! machine.

use super::{EventStreamParser, Item};
use crate::event_stream::test_streams::{CHUNKS, streams};

/// The largest number of times that a byte is searched or moved:
///
/// - once to find the line ends,
/// - once to the front, as part of an unfinished line or of the data,
/// - once to join the data.
const MAX_WORK_PER_BYTE: usize = 3;

/// Returns the work of `next_item` alone, or with `find_data` before it, as in the npm package.
fn work(stream: &[u8], chunk: usize, is_npm: bool) -> usize {
    let mut parser = EventStreamParser::new();
    for piece in stream.chunks(chunk) {
        parser.feed(piece);
        loop {
            if is_npm {
                parser.find_data(|_| {});
            }
            if parser.next_item().is_none() {
                break;
            }
        }
    }
    parser.lines.work
}

#[test]
#[cfg_attr(
    miri,
    ignore = "counts work: Miri would take minutes to find nothing else"
)]
fn each_byte_is_searched_and_moved_a_constant_number_of_times() {
    let len = 1 << 18;
    for (name, stream) in streams(len) {
        for (chunk, is_npm) in CHUNKS
            .map(|chunk| [(chunk, false), (chunk, true)])
            .as_flattened()
        {
            let work = work(&stream, *chunk, *is_npm);
            let most = MAX_WORK_PER_BYTE * stream.len();
            assert!(
                work <= most,
                "{name} in chunks of {chunk}: {work} for {}",
                stream.len()
            );
        }
    }
}

/// A stream of twice the length takes at most about twice the work.
#[test]
#[cfg_attr(
    miri,
    ignore = "counts work: Miri would take minutes to find nothing else"
)]
fn the_work_grows_with_the_stream_and_no_faster() {
    let len = 1 << 17;
    for ((name, stream), (_, twice)) in streams(len).into_iter().zip(streams(2 * len)) {
        for (chunk, is_npm) in CHUNKS
            .map(|chunk| [(chunk, false), (chunk, true)])
            .as_flattened()
        {
            let [once, twice] = [&stream, &twice].map(|stream| work(stream, *chunk, *is_npm));
            // The lengths are not multiples of the chunk: one more chunk may move once more.
            assert!(
                twice <= 2 * once + 2 * chunk + 20_000,
                "{name}, {chunk}: {once}, {twice}"
            );
        }
    }
}

/// JavaScript reads the event table, which points into the parser's buffer, after the last item.
#[test]
fn events_stay_in_place_when_a_later_one_is_too_large() {
    let mut parser = EventStreamParser::new().max_event_size(8);
    parser.feed(b"data: a\n\ndata: too large\n");
    let event = |item| match item {
        Some(Item::Event(event)) => event.data.as_ptr(),
        other => unreachable!("the first item is an event, not {other:?}"),
    };
    let place = event(parser.next_item());
    assert_eq!(parser.next_item(), Some(Item::TooLarge));
    assert_eq!(parser.lines.bytes(6..7), b"a");
    assert_eq!(parser.lines.bytes(6..7).as_ptr(), place);
}
