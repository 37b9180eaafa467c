//! What the parser allocates, counted by the allocator. One test alone: the count is the
//! process's.
#![cfg(not(target_arch = "wasm32"))]

use authenticated_event_source::event_stream::{EventStreamParser, Item};
use dhat::{HeapStats, Profiler};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const KIB: usize = 1024;
const CHUNK: usize = 4 * KIB;

/// Bytes allocated while `run` runs: at its end, at the most, and all ever, each reallocation
/// counted with its whole new size.
fn allocated(run: impl FnOnce() -> EventStreamParser) -> HeapStats {
    let profiler = Profiler::builder().testing().build();
    let parser = run();
    let stats = HeapStats::get();
    drop(parser);
    drop(profiler);
    stats
}

fn feed(parser: &mut EventStreamParser, stream: &[u8]) {
    for piece in stream.chunks(CHUNK) {
        parser.feed(piece);
        while parser.next_item().is_some() {}
    }
}

fn field(name: &str, len: usize) -> Vec<u8> {
    [name.as_bytes(), b": ", &b"x".repeat(len), b"\n"].concat()
}

#[test]
#[cfg_attr(miri, ignore = "Miri has an allocator of its own")]
fn memory_is_bounded_and_freed() {
    a_new_parser_allocates_nothing();
    small_events_allocate_no_more_than_one_chunk_needs();
    one_large_event_is_allocated_once();
    too_large_frees_all();
    nothing_is_kept_after_too_large();
    a_reset_frees_all();
    an_endless_line_is_bounded();
}

fn a_new_parser_allocates_nothing() {
    assert_eq!(allocated(EventStreamParser::new).total_bytes, 0);
}

/// A stream of a day must not cost an allocation for each event.
fn small_events_allocate_no_more_than_one_chunk_needs() {
    let stream = b"id: 1\nevent: t\ndata: hello\ndata: world\n\n".repeat(10_000);
    let stats = allocated(|| {
        let mut parser = EventStreamParser::new();
        feed(&mut parser, &stream);
        parser
    });
    assert!(stats.max_bytes < 3 * CHUNK, "{stats:?}");
    assert!(stats.total_blocks < 20, "{stats:?}");
}

/// The buffer doubles, so all reallocations together are a small multiple of the event.
fn one_large_event_is_allocated_once() {
    let event = 1024 * KIB;
    let streams = [
        [field("data", event), b"\n".to_vec()].concat(),
        [field("data", 58).repeat(event / 64), b"\n".to_vec()].concat(),
    ];
    for stream in streams {
        let stats = allocated(|| {
            let mut parser = EventStreamParser::new();
            feed(&mut parser, &stream);
            parser
        });
        assert!(stats.max_bytes <= 4 * event, "{stats:?}");
        assert!(stats.total_bytes <= 6 * event as u64, "{stats:?}");
        assert!(stats.total_blocks < 40, "{stats:?}");
    }
}

/// Whatever the event that broke the limit consisted of.
fn too_large_frees_all() {
    let limit = 64 * KIB;
    let long = limit - 20;
    let streams = [
        field("data", limit),
        field("data", long).repeat(2),
        [field("event", long), field("data", limit)].concat(),
        [field("id", long), field("data", limit)].concat(),
        [field("id", long), b"\n".to_vec(), field("data", limit)].concat(),
        [field("event", long), field("data", long).repeat(2)].concat(),
    ];
    for stream in streams {
        let stats = allocated(|| {
            let mut parser = EventStreamParser::new().max_event_size(limit);
            feed(&mut parser, &stream);
            parser.feed(b"whatever follows");
            parser
        });
        assert!(stats.max_bytes > limit, "{stats:?}");
        assert_eq!(stats.curr_bytes, 0, "{stats:?}");
    }
}

fn nothing_is_kept_after_too_large() {
    let stats = allocated(|| {
        let mut parser = EventStreamParser::new().max_event_size(10);
        parser.feed(b"data: toolarge\n");
        assert_eq!(parser.next_item(), Some(Item::TooLarge));
        for _ in 0..1000 {
            parser.feed(&[b'x'; CHUNK]);
        }
        parser
    });
    assert_eq!(stats.curr_bytes, 0, "{stats:?}");
    assert!(stats.max_bytes < CHUNK, "{stats:?}");
}

fn a_reset_frees_all() {
    let stats = allocated(|| {
        let mut parser = EventStreamParser::new();
        let unfinished = [
            field("event", CHUNK),
            field("id", CHUNK),
            field("data", 64 * KIB),
        ];
        feed(&mut parser, &unfinished.concat());
        parser.end();
        parser
    });
    assert_eq!(stats.curr_bytes, 0, "{stats:?}");
}

/// A server, or somebody in between, that never ends its line; with all other buffers full.
fn an_endless_line_is_bounded() {
    let limit = 64 * KIB;
    let long = limit - 20;
    let full = [field("id", long), field("event", long), field("data", long)].concat();
    let stats = allocated(|| {
        let mut parser = EventStreamParser::new().max_event_size(limit);
        feed(&mut parser, &full);
        for _ in 0..1000 {
            parser.feed(&[b'x'; CHUNK]);
            while parser.next_item().is_some() {}
        }
        parser
    });
    // The data and the unfinished line in a buffer with room for twice as much, the type, the ID.
    assert!(stats.max_bytes <= 6 * limit + 2 * CHUNK, "{stats:?}");
    assert_eq!(stats.curr_bytes, 0, "{stats:?}");
}
