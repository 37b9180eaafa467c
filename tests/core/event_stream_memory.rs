//! What the parser allocates, counted by the allocator. One test alone: the count is the
//! process's.
#![cfg(not(target_arch = "wasm32"))]

use authenticated_event_source::event_stream::{ByteStreamExt, EventStreamParser, Item};
use dhat::{HeapStats, Profiler};
use futures_executor::block_on;
use futures_util::stream::{self, FusedStream, StreamExt};

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
    an_owned_event_allocates_its_data_alone();
    invented_types_and_ids_do_not_fill_the_memory();
    the_adaptor_allocates_in_proportion_to_the_stream();
    an_endless_line_is_bounded_in_the_adaptor();
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

/// Reads all events of a stream and keeps them until the allocations were counted.
fn allocated_for_events(stream: &str, kept: usize) -> HeapStats {
    let profiler = Profiler::builder().testing().build();
    let bytes = stream::iter(stream.as_bytes().chunks(CHUNK).map(Ok::<_, ()>));
    let mut events = bytes.events();
    let mut all = Vec::with_capacity(kept);
    while let Some(Ok(event)) = block_on(events.next()) {
        all.push(event);
        all.truncate(kept);
    }
    assert!(events.is_terminated(), "the stream has ended");
    let stats = HeapStats::get();
    drop((all, events));
    drop(profiler);
    stats
}

/// The type `message`, a type seen before and the ID of an earlier event are shared.
fn an_owned_event_allocates_its_data_alone() {
    const EVENTS: usize = 1000;
    let unnamed = "data: hello\n\n".repeat(EVENTS);
    let named = "event: a\ndata: hello\n\nevent: b\ndata: hello\n\n".repeat(EVENTS / 2);
    let with_id = ["id: 1\ndata: hello\n\n", &unnamed].concat();
    for stream in [unnamed, named, with_id] {
        let stats = allocated_for_events(&stream, EVENTS + 1);
        assert!(stats.total_blocks < EVENTS as u64 + 30, "{stats:?}");
    }
}

fn invented_types_and_ids_do_not_fill_the_memory() {
    let event = |n: usize| format!("event: type-{n}\nid: {n}\ndata: hello\n\n");
    let stream: String = (0..5000).map(event).collect();
    let stats = allocated_for_events(&stream, 0);
    assert!(stats.curr_bytes < 4 * CHUNK, "{stats:?}");
}

/// Counts bytes, because a clock would measure the machine. One event in many chunks is the worst
/// case: a parser that starts again with each chunk takes quadratic time.
fn the_adaptor_allocates_in_proportion_to_the_stream() {
    let allocated = |data: usize| {
        let stream = format!("id: 1\ndata: {}\n\n", "x".repeat(data));
        allocated_for_events(&stream, 1).total_bytes
    };
    let (once, twice) = (allocated(512 * KIB), allocated(1024 * KIB));
    assert!(once <= 6 * 512 * KIB as u64, "{once}");
    assert!(twice <= 2 * once + CHUNK as u64, "{once}, {twice}");
}

/// The adaptor fails once a line is too large, with all other buffers full.
fn an_endless_line_is_bounded_in_the_adaptor() {
    let limit = 64 * KIB;
    let long = limit - 20;
    let full = [field("id", long), field("event", long), field("data", long)].concat();
    let start = [full, b"data:".to_vec()].concat();
    let chunks = start.chunks(CHUNK).chain([&[b'x'; CHUNK][..]; 1000]);
    let profiler = Profiler::builder().testing().build();
    let bytes = stream::iter(chunks.map(Ok::<_, ()>));
    let mut events = bytes.events().max_event_size(limit);
    let last = block_on(events.next());
    let stats = HeapStats::get();
    drop(events);
    drop(profiler);
    assert!(matches!(last, Some(Err(_))), "{last:?}");
    assert!(stats.max_bytes <= 8 * limit, "{stats:?}");
    assert!(stats.curr_bytes < CHUNK, "{stats:?}");
}
