//! Start, reset and end of a stream; the ways in and out of the parser.
use core::time::Duration;

use authenticated_event_source::event_stream::{Event, EventStreamParser, Item};

fn event(event_type: &str, data: &str, last_event_id: &str) -> Event {
    Event::new(event_type, data, last_event_id)
}

/// Each leaves something behind in the parser that a new stream must not see.
const UNFINISHED_STREAMS: [&[u8]; 14] = [
    b"data: a",
    b"data: a\n",
    b"data: a\ndata: b\n",
    b"data: a\n\n",
    b"data: a\r",
    b"data: a\n\r",
    b"event: t\n",
    b"id: 1\n",
    b"id: 1\n\n",
    b"id: 1\ndata: a\n\ndata: b",
    b"\xEF",
    b"\xEF\xBB",
    b"\xEF\xBB\xBF",
    b"da",
];

const NEXT_STREAM: &[u8] = b"\xEF\xBB\xBF\ndata: x\n\n";

#[test]
fn a_reset_drops_what_is_unfinished() {
    for stream in UNFINISHED_STREAMS {
        let mut parser = EventStreamParser::new();
        parser.feed(stream);
        while parser.next_item().is_some() {}
        parser.reset("7");
        parser.feed(NEXT_STREAM);
        assert_eq!(
            parser.next_event(),
            Ok(Some(event("message", "x", "7"))),
            "after {stream:?}"
        );
        assert_eq!(parser.next_event(), Ok(None));
    }
}

#[test]
fn a_reset_drops_what_is_unread() {
    for stream in UNFINISHED_STREAMS {
        let mut parser = EventStreamParser::new();
        parser.feed(b"data: first\n\ndata: unread\n\nid: 3\n\n");
        parser.feed(stream);
        assert!(parser.next_item().is_some());
        parser.reset("");
        assert_eq!(parser.next_item(), None);
        parser.feed(NEXT_STREAM);
        assert_eq!(
            parser.next_event(),
            Ok(Some(event("message", "x", ""))),
            "after {stream:?}"
        );
    }
}

#[test]
fn the_end_forgets_the_last_event_id() {
    let mut parser = EventStreamParser::new();
    parser.feed(b"id: 1\ndata: a\n\nid: 2\ndata: b");
    assert_eq!(
        parser.next_event(),
        Ok(Some(event("message", "a", "1").with_own_id()))
    );
    parser.end();
    assert_eq!(parser.next_item(), None);
    parser.feed(NEXT_STREAM);
    assert_eq!(parser.next_event(), Ok(Some(event("message", "x", ""))));
}

#[test]
fn the_end_drops_an_event_whose_blank_line_comes_afterwards() {
    let mut parser = EventStreamParser::new();
    parser.feed(b"data: a\n");
    assert_eq!(parser.next_item(), None);
    parser.end();
    parser.feed(b"\n");
    assert_eq!(parser.next_item(), None);
}

#[test]
fn a_reset_keeps_the_limit() {
    let mut parser = EventStreamParser::new().max_event_size(7);
    parser.reset("1");
    parser.feed(b"data: a\n\ndata: ab\n\n");
    assert!(matches!(parser.next_item(), Some(Item::Event(_))));
    assert_eq!(parser.next_item(), Some(Item::TooLarge));
}

#[test]
fn feed_with_is_given_zeros_and_takes_what_is_written() {
    let mut parser = EventStreamParser::new();
    parser.feed_with(9, |room| {
        assert_eq!(room, [0; 9]);
        room.copy_from_slice(b"data: a\n\n");
    });
    assert_eq!(parser.next_event(), Ok(Some(event("message", "a", ""))));
    // Again where other bytes have been: what was there must not shine through.
    parser.feed_with(9, |room| assert_eq!(room, [0; 9]));
    assert_eq!(parser.next_item(), None);
}

#[test]
fn feed_with_nothing_changes_nothing() {
    let mut parser = EventStreamParser::new();
    for piece in [&b"data: a\r"[..], b"\n", b"id: 1\r\n"] {
        parser.feed(b"");
        parser.feed(piece);
        assert_eq!(parser.next_item(), None);
        parser.feed_with(0, |room| assert!(room.is_empty()));
        assert_eq!(parser.next_item(), None);
    }
    parser.feed(b"\r");
    parser.feed(b"");
    assert_eq!(
        parser.next_event(),
        Ok(Some(event("message", "a", "1").with_own_id()))
    );
    parser.feed(b"");
    assert_eq!(parser.next_item(), None);
}

#[test]
fn next_event_passes_over_the_other_items() {
    let mut parser = EventStreamParser::new();
    parser.feed(b": c\nretry: 5\nid: 1\n\nevent: t\ndata: a\n\n");
    assert_eq!(parser.next_event(), Ok(Some(event("t", "a", "1"))));
    assert_eq!(parser.next_event(), Ok(None));
}

#[test]
fn next_event_reports_once_that_an_event_is_too_large() {
    let mut parser = EventStreamParser::new().max_event_size(7);
    parser.feed(b"data: a\n\ndata: ab\n\ndata: b\n\n");
    assert_eq!(parser.next_event(), Ok(Some(event("message", "a", ""))));
    let error = parser
        .next_event()
        .expect_err("the second line has 8 bytes");
    assert_eq!(error.limit, 7);
    assert!(error.to_string().contains("larger than 7 bytes"), "{error}");
    assert_eq!(parser.next_event(), Ok(None));
}

#[test]
fn owned_events_have_the_id_that_borrowed_items_set() {
    let mut parser = EventStreamParser::new();
    parser.feed(b"id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\nid: 3\ndata: d\n\ndata: e\n\n");
    assert_eq!(
        parser.next_event(),
        Ok(Some(event("message", "a", "1").with_own_id()))
    );
    assert_eq!(parser.next_event(), Ok(Some(event("message", "b", "1"))));
    // The block without data and the event with its ID are read as borrowed items.
    assert_eq!(parser.next_item(), Some(Item::LastEventId(b"2")));
    assert_eq!(parser.next_event(), Ok(Some(event("message", "c", "2"))));
    assert!(matches!(parser.next_item(), Some(Item::Event(_))));
    assert_eq!(parser.next_event(), Ok(Some(event("message", "e", "3"))));
    parser.reset("4");
    parser.feed(b"data: f\n\n");
    assert_eq!(parser.next_event(), Ok(Some(event("message", "f", "4"))));
}

#[test]
fn owned_events_can_move_to_another_thread() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Event>();
    is_send_and_sync::<EventStreamParser>();
}

#[test]
fn an_event_says_whether_its_block_had_an_id() {
    let mut parser = EventStreamParser::new();
    parser.feed(b"id: 1\ndata\n\ndata\n\nid\ndata\n\nid: \0\ndata\n\nid: 2\n\ndata\n\n");
    let mut had_id = Vec::new();
    while let Some(item) = parser.next_item() {
        if let Item::Event(raw) = item {
            had_id.push((raw.has_id, raw.last_event_id.to_vec()));
        }
    }
    let expected = [
        (true, "1"),
        (false, "1"),
        (true, ""),
        (false, ""),
        (false, "2"),
    ];
    assert_eq!(
        had_id,
        expected.map(|(has_id, id)| (has_id, id.as_bytes().to_vec()))
    );
}

#[test]
fn the_reconnection_time_is_a_duration_and_never_wraps() {
    let mut parser = EventStreamParser::new();
    parser.feed(b"retry: 1500\nretry: 18446744073709551615\nretry: 18446744073709551616\n");
    assert_eq!(
        parser.next_item(),
        Some(Item::ReconnectionTime(Duration::from_millis(1500)))
    );
    let largest = Item::ReconnectionTime(Duration::from_millis(u64::MAX));
    assert_eq!(parser.next_item(), Some(largest));
    assert_eq!(parser.next_item(), Some(largest));
}

#[test]
fn an_empty_parser_has_nothing_to_say() {
    assert_eq!(EventStreamParser::default().next_item(), None);
    assert_eq!(EventStreamParser::new().next_event(), Ok(None));
}
