//! The parser on the host.
use authenticated_event_source::event_stream::*;
#[test]
fn smoke() {
    let mut p = EventStreamParser::new();
    p.feed(b"\xEF\xBB\xBFdata: a\r\ndata\r\ndata:b\r\n\r\nid:3\r\rretry: 5\n: hi\ndata: x");
    while let Some(i) = p.next_item() {
        println!("{i:?}");
    }
    p.feed(b"y\n");
    while let Some(i) = p.next_item() {
        println!("{i:?}");
    }
    p.feed(b"\n");
    while let Some(i) = p.next_item() {
        println!("{i:?}");
    }
}
