//! Streams for the tests that count work.

use alloc::vec::Vec;

pub(super) const CHUNKS: [usize; 5] = [1, 7, 256, 4096, 65_536];

fn line(field: &str, len: usize) -> Vec<u8> {
    [field.as_bytes(), &b"x".repeat(len), b"\n"].concat()
}

/// Streams of about `len` bytes, each the worst case of another part of a parser.
pub(super) fn streams(len: usize) -> [(&'static str, Vec<u8>); 12] {
    [
        (
            "one line for each event",
            b"data: word\n\n".repeat(len / 12),
        ),
        (
            "such events and comments",
            b"data: a\n\n:\n".repeat(len / 11),
        ),
        ("one line of data", line("data:", len)),
        ("short lines of data", line("data:", 10).repeat(len / 16)),
        ("empty lines of data", line("data", 0).repeat(len / 5)),
        ("long lines of data", line("data:", 9000).repeat(len / 9000)),
        ("small events", b"id: 1\ndata: a\n\n".repeat(len / 15)),
        ("comments", line(": ", 20).repeat(len / 23)),
        ("blank lines", b"\n".repeat(len)),
        ("an endless comment", line(":", len)),
        (
            "a long comment behind a long line of data",
            [line("data:", len / 2), line(":", len / 2)].concat(),
        ),
        (
            "comments of all lengths behind a long line of data",
            [
                line("data:", len / 2),
                [line(":", 3), line(":", 5000)]
                    .concat()
                    .repeat(len / 10_000),
            ]
            .concat(),
        ),
    ]
}
