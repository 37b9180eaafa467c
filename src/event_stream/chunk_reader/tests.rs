//! Linear time, proven by counting work: a clock would measure the machine.

use super::ChunkReader;
use crate::event_stream::test_streams::{CHUNKS, streams};

/// The largest number of times that a byte is searched or copied:
///
/// - twice to find the line ends of a long line,
/// - once as the start of an unfinished line,
/// - once into the text of its event.
const MAX_WORK_PER_BYTE: usize = 4;

/// Counts the bytes that are searched or copied while the stream is read.
fn work(stream: &[u8], size: usize) -> usize {
    let mut reader = ChunkReader::new();
    for chunk in stream.chunks(size) {
        assert!(reader.begin(chunk).is_ok());
        while reader.find(chunk).is_ok_and(|found| found) {
            reader.block.take_event(chunk);
        }
    }
    reader.lines.work + reader.unfinished.work + reader.block.text.work
}

#[test]
#[cfg_attr(
    miri,
    ignore = "counts work: Miri would take minutes to find nothing else"
)]
fn each_byte_is_searched_and_copied_a_constant_number_of_times() {
    let len = 1 << 16;
    for (name, stream) in streams(len) {
        for size in CHUNKS {
            let work = work(&stream, size);
            // The last block of each chunk counts as a whole one.
            let most = MAX_WORK_PER_BYTE * stream.len() + 64 * stream.len().div_ceil(size);
            assert!(work <= most, "{name} in chunks of {size}: {work}");
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
    let len = 1 << 15;
    for ((name, short), (_, long)) in streams(len).into_iter().zip(streams(2 * len)) {
        for size in CHUNKS {
            let (once, twice) = (work(&short, size), work(&long, size));
            let expected = once * long.len() / short.len();
            let most = expected + expected / 50 + 2 * size;
            assert!(twice <= most, "{name}, {size}: {once}, {twice}");
        }
    }
}

#[test]
fn a_chunk_that_changes_between_calls_causes_no_panic() {
    let mut reader = ChunkReader::new();
    assert!(
        reader
            .begin(b"data: one\n\ndata: two\n\ndata: three\n\n")
            .is_ok()
    );
    for chunk in [&b"data: one\n\ndata: two\n\n"[..], b"data:", b""] {
        while reader.find(chunk).is_ok_and(|found| found) {
            reader.block.take_event(chunk);
        }
    }
}
