//! Defects that were found in other event-stream parsers, each by its name.
use authenticated_event_source::event_stream::EventStreamParser;

use crate::oracle::{Item, parse};

fn items(stream: impl AsRef<[u8]>) -> Vec<Item> {
    parse(&mut EventStreamParser::new(), [stream.as_ref()])
}

fn event(data: &str, last_event_id: &str) -> Item {
    Item::Event {
        event_type: "message".to_owned(),
        data: data.to_owned(),
        last_event_id: last_event_id.to_owned(),
    }
}

#[test]
fn an_event_without_id_does_not_blank_the_last_event_id() {
    let expected = [event("a", "7"), event("b", "7")];
    assert_eq!(items("id: 7\ndata: a\n\ndata: b\n\n"), expected);
}

#[test]
fn an_id_without_data_is_not_missed() {
    let expected = [event("a", "7"), Item::LastEventId("9".to_owned())];
    assert_eq!(items("id: 7\ndata: a\n\nid: 9\n\n"), expected);
}

#[test]
fn the_reconnection_time_is_in_milliseconds_not_seconds() {
    assert_eq!(items("retry: 2500\n"), [Item::ReconnectionTime(2500)]);
}

#[test]
fn the_id_buffer_is_not_the_last_event_id() {
    assert_eq!(
        items("id: 5\n: no blank line yet\n"),
        [Item::Comment("no blank line yet".to_owned())]
    );
}

#[test]
fn a_plus_before_the_digits_is_not_accepted() {
    assert_eq!(items("retry: +5\n"), []);
}

#[test]
fn letters_behind_the_digits_are_not_cut_off() {
    assert_eq!(items("retry: 5abc\nretry: 50x\n"), []);
}

#[test]
fn a_tab_is_not_taken_for_the_space() {
    assert_eq!(items("data:\tx\n\n"), [event("\tx", "")]);
}

#[test]
fn a_byte_order_mark_does_not_panic() {
    assert_eq!(items("\u{feff}data: a\n\n"), [event("a", "")]);
    assert_eq!(
        items("\u{feff}\u{feff}data: a\n\ndata: b\n\n"),
        [event("b", "")]
    );
    assert_eq!(items("\u{feff}"), []);
}

#[test]
fn one_bad_byte_does_not_stall_or_end_the_stream() {
    let mut parser = EventStreamParser::new();
    let pieces: [&[u8]; 3] = [b"data: a\xFF", b"b\n\n", b"data: c\n\n"];
    assert_eq!(
        parse(&mut parser, pieces),
        [event("a\u{fffd}b", ""), event("c", "")]
    );
}

#[test]
fn the_id_is_not_committed_at_its_field() {
    let expected = [event("a", "1")];
    assert_eq!(items("id: 1\ndata: a\n\nid: 5\ndata: par"), expected);
}

#[test]
fn blank_lines_and_keep_alives_do_not_dispatch_empty_events() {
    let comment = Item::Comment("ping".to_owned());
    assert_eq!(items(": ping\n\n\n\nevent: x\n\n"), [comment]);
}

#[test]
fn an_empty_first_data_line_is_not_lost() {
    assert_eq!(items("data:\ndata: x\n\n"), [event("\nx", "")]);
}

#[test]
fn only_the_last_data_line_is_not_all() {
    assert_eq!(
        items("data: a\ndata: b\ndata: c\n\n"),
        [event("a\nb\nc", "")]
    );
}

#[test]
fn a_crlf_that_is_cut_does_not_cut_the_event() {
    let mut parser = EventStreamParser::new();
    let pieces: [&[u8]; 4] = [b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n"];
    assert_eq!(parse(&mut parser, pieces), [event("a\nb", "")]);
}

#[test]
fn a_blank_line_of_cr_does_not_wait_for_the_next_byte() {
    assert_eq!(items("data: a\r\r"), [event("a", "")]);
    assert_eq!(items("data: a\r\n\r"), [event("a", "")]);
}

#[test]
fn an_event_at_the_end_is_not_dispatched_without_its_blank_line() {
    assert_eq!(items("data: a\n"), []);
}

#[test]
fn an_id_with_nul_does_not_wipe_the_id() {
    assert_eq!(items("id: 1\nid: 2\0\ndata: a\n\n"), [event("a", "1")]);
}

#[test]
fn an_id_without_colon_resets() {
    let expected = [event("a", "1"), event("b", "")];
    assert_eq!(items("id: 1\ndata: a\n\nid\ndata: b\n\n"), expected);
}

#[test]
fn a_field_named_comment_is_no_comment() {
    assert_eq!(items("comment: hi\n\n"), []);
}

#[test]
fn unknown_fields_alone_are_no_error() {
    assert_eq!(items("foo: bar\n\ndata: a\n\n"), [event("a", "")]);
}

/// The standard's text starts each stream with an empty ID, browsers with the ID that they
/// resumed from: two owners of one truth unless the parser is told.
#[test]
fn the_id_resumed_from_is_not_forgotten() {
    let mut parser = EventStreamParser::new();
    parser.reset("41");
    assert_eq!(
        parse(&mut parser, [&b"data: a\n\n"[..]]),
        [event("a", "41")]
    );
}
