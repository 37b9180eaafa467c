//! Every vector, cut in every way.
use authenticated_event_source::event_stream::EventStreamParser;

use crate::oracle::{check_events, cut, interpret, parse};
use crate::vectors::{self, Vector};

/// Streams up to this many bytes are cut at each pair of places.
const MAX_LEN_FOR_THREE_PIECES: usize = 60;
/// Streams up to this many bytes are cut at each place, longer ones at about as many.
const MAX_LEN_FOR_EACH_PLACE: usize = 1024;

/// Miri takes seconds where the processor takes milliseconds: there, only short streams.
const MAX_LEN: usize = if cfg!(miri) { 100 } else { 1 << 20 };

const DEFAULT_LIMIT: usize = EventStreamParser::DEFAULT_MAX_EVENT_SIZE;

fn vectors() -> impl Iterator<Item = Vector> {
    vectors::read()
        .into_iter()
        .filter(|vector| vector.stream.len() <= MAX_LEN)
}

fn check(vector: &Vector, cuts: &[usize]) {
    let limit = vector.limit.unwrap_or(DEFAULT_LIMIT);
    let mut parser = EventStreamParser::new().max_event_size(limit);
    parser.reset(&vector.start);
    let pieces = cut(&vector.stream, cuts);
    let found = parse(&mut parser, pieces.iter().copied());
    assert_eq!(
        found, vector.items,
        "vector {}, cut at {cuts:?}",
        vector.name
    );
    check_events(limit, &vector.start, &pieces, &found);
}

fn places(vector: &Vector) -> impl Iterator<Item = usize> + use<> {
    let len = vector.stream.len();
    // Odd, so that the places do not fall on the same column of equal lines.
    let step = if len > MAX_LEN_FOR_EACH_PLACE {
        (len / MAX_LEN_FOR_EACH_PLACE) | 1
    } else {
        1
    };
    (0..=len).step_by(step)
}

#[test]
#[cfg_attr(
    miri,
    ignore = "reads all vectors again, which takes Miri minutes, for nothing new"
)]
fn there_are_vectors() {
    assert!(vectors::read().len() >= 200);
}

#[test]
#[cfg_attr(
    miri,
    ignore = "reads all vectors again, which takes Miri minutes, for nothing new"
)]
fn whole() {
    for vector in vectors() {
        check(&vector, &[]);
    }
}

#[test]
fn byte_by_byte() {
    for vector in vectors() {
        let every_byte: Vec<usize> = (0..vector.stream.len()).collect();
        check(&vector, &every_byte);
    }
}

#[test]
#[cfg_attr(
    miri,
    ignore = "takes hours under Miri, and finds there what byte_by_byte finds"
)]
fn every_split_into_two() {
    for vector in vectors() {
        for place in places(&vector) {
            check(&vector, &[place]);
        }
    }
}

#[test]
#[cfg_attr(
    miri,
    ignore = "takes hours under Miri, and finds there what byte_by_byte finds"
)]
fn every_split_into_three_of_short_streams() {
    for vector in vectors() {
        if vector.stream.len() > MAX_LEN_FOR_THREE_PIECES {
            continue;
        }
        for first in places(&vector) {
            for second in first..=vector.stream.len() {
                check(&vector, &[first, second]);
            }
        }
    }
}

/// The oracle must not be wrong in the same way as the parser: it is held to the same vectors.
#[test]
#[cfg_attr(
    miri,
    ignore = "reads all vectors again, which takes Miri minutes, for nothing new"
)]
fn the_oracle_too() {
    for Vector {
        name,
        start,
        limit,
        stream,
        items,
    } in vectors::read()
    {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        assert_eq!(
            interpret(&stream, &start, limit),
            items,
            "vector {name}, oracle"
        );
    }
}
