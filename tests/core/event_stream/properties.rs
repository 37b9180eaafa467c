//! Random streams, cut at random: the parser finds what the oracle finds.
use authenticated_event_source::event_stream::EventStreamParser;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;

use crate::oracle::{check_events, cut, interpret, parse, parse_lazily};

const NO_LIMIT: usize = EventStreamParser::DEFAULT_MAX_EVENT_SIZE;

/// On failure proptest writes the seed to the file named here, which is read first in the next
/// run, and prints it. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` are respected.
fn config() -> ProptestConfig {
    let file = "tests/core/event_stream/properties.proptest-regressions";
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..ProptestConfig::default()
    }
}

fn field_name() -> impl Strategy<Value = Vec<u8>> {
    let known = select(&["data", "event", "id", "retry", ""][..]);
    let strange = select(
        &[
            "Data",
            " data",
            "data ",
            "comment",
            "\u{feff}data",
            "i",
            "\0id",
        ][..],
    );
    prop_oneof![
        12 => known.prop_map(|name| name.as_bytes().to_vec()),
        2 => strange.prop_map(|name| name.as_bytes().to_vec()),
        1 => Just(b"da\xE2ta".to_vec()),
        1 => "[a-z]{1,12}".prop_map(String::into_bytes),
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => "[ -~]{0,12}".prop_map(String::into_bytes),
        2 => "[0-9]{1,25}".prop_map(String::into_bytes),
        2 => select(&["", " ", "\t", ":", "+5", "1.5", "\0", "7\0", "\u{feff}", "__proto__"][..])
            .prop_map(|text| text.as_bytes().to_vec()),
        2 => "[\u{80}-\u{10ffff}]{1,6}".prop_map(String::into_bytes),
        2 => malformed(),
        1 => "[a-z]{0,300}".prop_map(String::into_bytes),
    ]
}

/// Bytes that are leads and continuations, but seldom characters; no line ends.
fn malformed() -> impl Strategy<Value = Vec<u8>> {
    let byte = select(&b"\x80\xBF\xC0\xC3\xE0\xE2\x82\xAC\xED\xA0\xF0\x9F\x98\xF4\x90\xFF a"[..]);
    proptest::collection::vec(byte, 1..8)
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let colon = select(&["", ":", ": ", ": ", ":  ", ":\t"][..]);
    let field = (field_name(), colon, value()).prop_map(|(name, colon, value)| {
        let value = if colon.is_empty() { Vec::new() } else { value };
        [&name[..], colon.as_bytes(), &value].concat()
    });
    prop_oneof![3 => field, 1 => Just(Vec::new())]
}

/// A stream of lines as the grammar has them, and some as it has not; it may end anywhere.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let line_end = select(&["\n", "\n", "\r", "\r\n"][..]);
    let lines = proptest::collection::vec((line(), line_end), 0..40);
    let start = select(vec![
        &b""[..],
        b"",
        b"\xEF\xBB\xBF",
        b"\xEF\xBB\xBF\xEF\xBB\xBF",
        b"\xEF\xBB",
    ]);
    (start, lines, line()).prop_map(|(start, lines, unfinished)| {
        let lines = lines
            .into_iter()
            .flat_map(|(line, end)| [line, end.as_bytes().to_vec()]);
        [
            start.to_vec(),
            lines.collect::<Vec<_>>().concat(),
            unfinished,
        ]
        .concat()
    })
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0_usize..5000, 0..30)
}

/// Small, and often so small that the first bytes of a stream matter.
fn limit() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0_usize..40, 1 => 0_usize..4]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_stream_is_what_the_oracle_finds(
        stream in stream(),
        cuts in cuts(),
        start in "[a-z0-9\u{e9}]{0,3}",
    ) {
        let mut parser = EventStreamParser::new();
        parser.reset(&start);
        let pieces = cut(&stream, &cuts);
        let found = parse(&mut parser, pieces.iter().copied());
        check_events(NO_LIMIT, &start, &pieces, &found);
        prop_assert_eq!(found, interpret(&stream, &start, NO_LIMIT));
    }

    #[test]
    fn any_bytes_are_what_the_oracle_finds(
        bytes in proptest::collection::vec(any::<u8>(), 0..2000),
        cuts in cuts(),
    ) {
        let found = parse(&mut EventStreamParser::new(), cut(&bytes, &cuts));
        prop_assert_eq!(found, interpret(&bytes, "", NO_LIMIT));
    }

    #[test]
    fn under_a_limit_text_is_what_the_oracle_finds(
        stream in stream(),
        cuts in cuts(),
        limit in limit(),
    ) {
        // The oracle is exact for well-formed UTF-8 alone.
        let text = String::from_utf8_lossy(&stream).into_owned();
        let mut parser = EventStreamParser::new().max_event_size(limit);
        let found = parse(&mut parser, cut(text.as_bytes(), &cuts));
        prop_assert_eq!(found, interpret(text.as_bytes(), "", limit));
    }

    #[test]
    fn under_a_limit_cuts_never_matter(
        bytes in prop_oneof![stream(), proptest::collection::vec(any::<u8>(), 0..200)],
        cuts in cuts(),
        limit in limit(),
    ) {
        let parser = || EventStreamParser::new().max_event_size(limit);
        let whole = parse(&mut parser(), [&bytes[..]]);
        check_events(limit, "", &cut(&bytes, &cuts), &whole);
        prop_assert_eq!(parse(&mut parser(), cut(&bytes, &cuts)), whole);
    }

    #[test]
    fn when_the_items_are_asked_for_never_matters(
        stream in stream(),
        cuts in cuts(),
        limit in prop_oneof![Just(NO_LIMIT), limit()],
        draining in proptest::collection::vec(0_usize..4, 0..10),
    ) {
        let parser = || EventStreamParser::new().max_event_size(limit);
        let pieces = cut(&stream, &cuts);
        let lazily = parse_lazily(&mut parser(), pieces.iter().copied(), &draining);
        prop_assert_eq!(lazily, parse(&mut parser(), pieces));
    }

    #[test]
    fn a_reset_parser_is_a_new_one(
        before in stream(),
        after in stream(),
        read in 0_usize..10,
        limit in prop_oneof![Just(NO_LIMIT), limit()],
    ) {
        let mut used = EventStreamParser::new().max_event_size(limit);
        used.feed(&before);
        for _ in 0..read {
            used.next_item();
        }
        used.reset("start");
        let mut new = EventStreamParser::new().max_event_size(limit);
        new.reset("start");
        let pieces = [&after[..]];
        prop_assert_eq!(parse(&mut used, pieces), parse(&mut new, pieces));
    }
}
