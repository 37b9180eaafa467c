//! The resume decision for every kind of cursor and log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

use server_fixture::event_log::cursor::{Cursor, Requested};
use server_fixture::event_log::resume::{FirstConnect, RetainedRange, Start, decide};

fn at(epoch: u64, seq: u64) -> Cursor {
    Cursor { epoch, seq }
}

/// A log of epoch 5 with events 41 to 50. Events 1 to 40 are trimmed.
fn trimmed() -> RetainedRange {
    RetainedRange {
        before_first: at(5, 40),
        first: Some(at(5, 41)),
        last: at(5, 50),
        holds_requested: false,
    }
}

/// A log of epoch 5 without events.
fn empty() -> RetainedRange {
    RetainedRange {
        before_first: at(5, 0),
        first: None,
        last: at(5, 0),
        holds_requested: false,
    }
}

/// A log with all events of epoch 4 and three events of epoch 5.
fn two_epochs(holds_requested: bool) -> RetainedRange {
    RetainedRange {
        before_first: at(4, 0),
        first: Some(at(4, 1)),
        last: at(5, 3),
        holds_requested,
    }
}

#[test]
fn decide_returns_the_start_for_every_kind_of_cursor() {
    use FirstConnect::{Last, Live, Retained};
    #[rustfmt::skip]
    let table: &[(&str, &str, RetainedRange, FirstConnect, &str)] = &[
        ("no cursor, live",              "",         trimmed(), Live,     "after 5-50"),
        ("no cursor, retained",          "",         trimmed(), Retained, "after 5-40"),
        ("no cursor, last ten",          "",         trimmed(), Last(3),  "after 5-47"),
        ("no cursor, more than kept",    "",         trimmed(), Last(99), "after 5-40"),
        ("no cursor, empty log",         "",         empty(),   Live,     "after 5-0"),
        ("no cursor, empty log, last",   "",         empty(),   Last(10), "after 5-0"),
        ("earliest",                     "earliest", trimmed(), Live,     "after 5-40"),
        ("inside the log",               "5-45",     trimmed(), Live,     "after 5-45"),
        ("at the end",                   "5-50",     trimmed(), Live,     "after 5-50"),
        ("just before the first kept",   "5-40",     trimmed(), Live,     "after 5-40"),
        ("trimmed by one",               "5-39",     trimmed(), Live,     "gap trimmed, missed 1, after 5-40"),
        ("trimmed from the start",       "5-0",      trimmed(), Live,     "gap trimmed, missed 40, after 5-40"),
        ("ahead of the log",             "5-51",     trimmed(), Live,     "gap ahead, after 5-40"),
        ("newer epoch",                  "6-1",      trimmed(), Live,     "gap epoch, after 5-40"),
        ("older epoch, not kept",        "4-7",      two_epochs(false), Live, "gap epoch, after 4-0"),
        ("older epoch, kept",            "4-7",      two_epochs(true),  Live, "gap epoch, after 4-7"),
        ("the start of the older epoch", "4-0",      two_epochs(false), Live, "after 4-0"),
        ("malformed",                    "42",       trimmed(), Live,     "gap malformed, after 5-40"),
        ("malformed, empty log",         "x",        empty(),   Live,     "gap malformed, after 5-0"),
        ("the start of an empty log",    "5-0",      empty(),   Live,     "after 5-0"),
        ("retained does not touch a resume", "5-45", trimmed(), Retained, "after 5-45"),
    ];
    for (name, cursor, retained, first_connect, expected) in table {
        let requested = Requested::from_bytes(cursor.as_bytes());
        let start = match decide(&requested, retained, *first_connect) {
            Start::After(position) => format!("after {position}"),
            Start::Gap(position, gap) => {
                assert_eq!(&gap.requested, cursor, "{name}");
                assert_eq!(
                    gap.first,
                    retained.first.map(|first| first.to_string()),
                    "{name}"
                );
                let missed = gap
                    .missed
                    .map_or(String::new(), |missed| format!(", missed {missed}"));
                format!("gap {}{missed}, after {position}", gap.reason.as_str())
            }
        };
        assert_eq!(&start, expected, "{name}");
    }
}
