//! The adaptor over streams of bytes: ends, errors and polling. What it parses: `check_events`.
use std::collections::VecDeque;
use std::error::Error as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use authenticated_event_source::event_stream::{ByteStreamExt, Error, Event, EventStream};
use futures_executor::block_on;
use futures_util::stream::{self, FusedStream, Stream, StreamExt};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reset;

impl std::fmt::Display for Reset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("connection reset")
    }
}

impl std::error::Error for Reset {}

type Chunk = Result<&'static str, Reset>;
type Found = Vec<Result<String, Error<Reset>>>;

/// The data of all events, and the error that ends them.
fn data_of(events: EventStream<impl Stream<Item = Chunk>>) -> Found {
    block_on(
        events
            .map(|result| result.map(|event| event.data))
            .collect(),
    )
}

fn bytes<const N: usize>(chunks: [Chunk; N]) -> impl Stream<Item = Chunk> {
    stream::iter(chunks)
}

fn all<const N: usize>(data: [&str; N]) -> Found {
    data.map(|data| Ok(data.to_owned())).to_vec()
}

/// Counts how often the stream of bytes is polled and dropped, and is pending before each chunk.
struct Counted {
    chunks: VecDeque<Chunk>,
    is_pending: bool,
    polled: Arc<AtomicUsize>,
    dropped: Arc<AtomicUsize>,
}

impl Counted {
    fn new<const N: usize>(chunks: [Chunk; N]) -> Self {
        Self {
            chunks: chunks.into(),
            is_pending: true,
            polled: Arc::default(),
            dropped: Arc::default(),
        }
    }
}

impl Stream for Counted {
    type Item = Chunk;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Chunk>> {
        self.polled.fetch_add(1, Ordering::Relaxed);
        self.is_pending = !self.is_pending;
        if self.is_pending {
            return Poll::Ready(self.chunks.pop_front());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn events_are_the_same_when_each_chunk_is_pending_first() {
    let chunks = [Ok("data: a\n\nda"), Ok(""), Ok("ta: b\n"), Ok("\ndata: c")];
    assert_eq!(data_of(Counted::new(chunks).events()), all(["a", "b"]));
}

#[test]
fn bytes_are_read_only_when_no_event_is_left() {
    let source = Counted::new([Ok("data: a\n\ndata: b\n\n"), Ok("data: c\n\n")]);
    let polled = Arc::clone(&source.polled);
    let mut events = source.events();
    for (data, polls) in [("a", 2), ("b", 2), ("c", 4)] {
        let event = block_on(events.next()).expect("there is an event");
        assert_eq!(event.expect("nothing fails").data, data);
        assert_eq!(polled.load(Ordering::Relaxed), polls);
    }
}

#[test]
fn a_clean_end_is_no_error_without_until() {
    assert_eq!(
        data_of(bytes([Ok("data: a\n\ndata: b\n")]).events()),
        all(["a"])
    );
    assert_eq!(data_of(bytes([]).events()), []);
}

#[test]
fn until_ends_before_the_event_with_this_data() {
    let stream = [Ok("data: a\n\ndata: [DONE]\n\ndata: b\n\n"), Err(Reset)];
    let source = Counted::new(stream);
    let dropped = Arc::clone(&source.dropped);
    let mut events = source.events().until("[DONE]");
    assert_eq!(block_on(events.by_ref().count()), 1);
    assert!(events.is_terminated());
    assert_eq!(
        dropped.load(Ordering::Relaxed),
        1,
        "the connection is closed"
    );
}

#[test]
fn until_matches_the_exact_data_alone() {
    let stream = [Ok(
        "data:  [DONE]\n\ndata: [DONE]\ndata:\n\ndata: [DONE]x\n\n",
    )];
    let found = data_of(bytes(stream).events().until("[DONE]"));
    let mut expected = all([" [DONE]", "[DONE]\n", "[DONE]x"]);
    expected.push(Err(Error::End));
    assert_eq!(found, expected);
}

#[test]
fn until_commits_the_id_of_the_event_that_ends_the_stream() {
    let stream = [Ok("id: 1\ndata: a\n\nid: 2\ndata: [DONE]\n\n")];
    let mut events = bytes(stream).events().until("[DONE]");
    assert_eq!(block_on(events.by_ref().count()), 1);
    assert_eq!(events.last_event_id(), "2");
}

#[test]
fn until_event_ends_after_the_event_that_matches() {
    let stream = [Ok(
        "event: next\ndata: a\n\nevent: complete\ndata: b\n\ndata: c\n\n",
    )];
    let events = bytes(stream)
        .events()
        .until_event(|event| event.event_type == "complete");
    assert_eq!(data_of(events), all(["a", "b"]));
}

#[test]
fn an_end_before_until_is_an_error() {
    let mut expected = all(["a"]);
    expected.push(Err(Error::End));
    let events = bytes([Ok("data: a\n\ndata: [DONE]\n")]).events();
    assert_eq!(data_of(events.until("[DONE]")), expected);
    let events = bytes([Ok("data: a\n\n")]).events();
    assert_eq!(data_of(events.until_event(|_| false)), expected);
}

#[test]
fn an_error_of_the_bytes_is_the_last_item() {
    let stream = [Ok("data: a\n\ndata: b"), Err(Reset), Ok("\n\ndata: c\n\n")];
    let mut expected = all(["a"]);
    expected.push(Err(Error::Transport(Reset)));
    assert_eq!(data_of(bytes(stream).events().until("[DONE]")), expected);
}

#[test]
fn too_large_is_the_last_item() {
    let stream = [Ok("data: a\n\ndata: abc\n\ndata: b\n\n"), Err(Reset)];
    let mut expected = all(["a"]);
    expected.push(Err(Error::TooLarge { limit: 8 }));
    assert_eq!(data_of(bytes(stream).events().max_event_size(8)), expected);
}

#[test]
fn nothing_follows_the_last_item() {
    let ends: [[Chunk; 2]; 3] = [
        [Ok("data: a\n\n"), Ok("")],
        [Ok("data: a\n\n"), Err(Reset)],
        [Ok("data: a\n\n"), Ok("data: much too large\n\n")],
    ];
    for chunks in ends {
        let mut events = bytes(chunks).events().max_event_size(10);
        assert!(!events.is_terminated());
        while block_on(events.next()).is_some_and(|item| item.is_ok()) {}
        for _ in 0..3 {
            assert!(events.is_terminated());
            assert_eq!(block_on(events.next()), None);
        }
    }
}

#[test]
fn every_kind_of_chunk_is_read() {
    fn first<B: AsRef<[u8]>>(chunk: B) -> Event {
        let mut events = stream::iter([Ok::<_, Reset>(chunk)]).events();
        let event = block_on(events.next()).expect("there is an event");
        event.expect("nothing fails")
    }
    let expected = Event::new("message", "a", "");
    assert_eq!(first("data: a\n\n"), expected);
    assert_eq!(first(b"data: a\n\n"), expected);
    assert_eq!(first(Vec::from(b"data: a\n\n")), expected);
    assert_eq!(first(String::from("data: a\n\n")), expected);
}

/// The future of an `async` block cannot be moved once it was polled.
#[test]
fn a_stream_that_is_not_unpin_needs_no_pinning() {
    let pinned = stream::once(async { Ok::<_, Reset>("data: a\n\n") });
    assert_eq!(block_on(pinned.events().count()), 1);
}

#[test]
fn the_adaptor_is_send_and_sync_when_its_stream_is() {
    fn is_send_and_sync<T: Send + Sync + Unpin>(_: &T) {}
    let events = bytes([]).events().until_event(|_| true);
    is_send_and_sync(&events);
    is_send_and_sync(&Error::Transport(Reset));
}

#[test]
fn errors_state_their_cause_and_what_to_do() {
    let transport = Error::Transport(Reset);
    assert!(transport.to_string().contains("connection reset"));
    let source = transport.source().and_then(|it| it.downcast_ref::<Reset>());
    assert_eq!(source, Some(&Reset));
    let too_large = Error::<Reset>::TooLarge { limit: 5 };
    assert!(too_large.to_string().contains("`max_event_size`"));
    assert!(too_large.source().is_none());
    assert!(Error::<Reset>::End.to_string().contains("`until`"));
}

#[test]
fn debug_shows_no_data() {
    let mut events = bytes([Ok("id: 7\ndata: secret\n\ndata: secret\n\n")]).events();
    assert!(block_on(events.next()).is_some());
    let text = format!("{events:?}");
    assert!(text.contains('7') && !text.contains("secret"), "{text}");
}

#[test]
fn json_reads_the_data_exactly() {
    let event = Event::new("message", r#"{"tokens":9007199254740993}"#, "");
    let value: serde_json::Value = event.json().expect("the data is JSON");
    assert_eq!(value["tokens"], 9_007_199_254_740_993_u64);
    let error = event.json::<Vec<u8>>().expect_err("the data is an object");
    assert!(error.to_string().contains("invalid type: map"), "{error}");
    assert!(error.source().is_some());
    assert!(
        Event::new("message", "[DONE]", "")
            .json::<String>()
            .is_err()
    );
}

#[test]
fn an_event_knows_whether_it_has_its_own_id() {
    let chunks = [
        Ok("id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\nid: 3\nda"),
        Ok("ta: d\n\ndata: e\n\n"),
    ];
    let events = bytes(chunks).events().map(|event| {
        let event = event.expect("the bytes do not fail");
        (String::from(event.last_event_id), event.has_own_id)
    });
    let found: Vec<(String, bool)> = block_on(events.collect());
    let expected = [
        ("1", true),
        ("1", false),
        ("2", false),
        ("3", true),
        ("3", false),
    ];
    assert_eq!(found, expected.map(|(id, own)| (id.to_owned(), own)));
}
