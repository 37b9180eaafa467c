//! What the parser under test finds, in the words of the oracle.
use std::convert::Infallible;

use authenticated_event_source::event_stream::{
    self, ByteStreamExt, Error, Event, EventStreamParser, decode,
};
use futures_executor::block_on_stream;
use futures_util::stream;

use super::Item;

/// All items that `parser` finds in the pieces of a stream, asked for after each piece.
pub(crate) fn parse<'a>(
    parser: &mut EventStreamParser,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Item> {
    let mut items = Vec::new();
    for piece in pieces {
        parser.feed(piece);
        items.extend(remaining_items(parser));
    }
    items
}

/// All items, when the caller asks for only some of them after each piece (`counts`, again and
/// again) and for the rest at the end of the stream.
pub(crate) fn parse_lazily<'a>(
    parser: &mut EventStreamParser,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    counts: &[usize],
) -> Vec<Item> {
    let mut items = Vec::new();
    let mut counts = counts.iter().copied().chain([1]).cycle();
    for piece in pieces {
        parser.feed(piece);
        let count = counts.next().unwrap_or_default();
        items.extend(remaining_items(parser).take(count));
    }
    items.extend(remaining_items(parser));
    items
}

fn remaining_items(parser: &mut EventStreamParser) -> impl Iterator<Item = Item> {
    core::iter::from_fn(|| parser.next_item().map(to_owned))
}

fn to_owned(item: event_stream::Item<'_>) -> Item {
    match item {
        event_stream::Item::Event(raw) => owned_event(Event::from(raw)),
        event_stream::Item::LastEventId(id) => Item::LastEventId(decode(id).into_owned()),
        event_stream::Item::ReconnectionTime(time) => {
            Item::ReconnectionTime(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
        }
        event_stream::Item::Comment(text) => Item::Comment(decode(text).into_owned()),
        event_stream::Item::TooLarge => Item::TooLarge,
        other => unreachable!("the oracle does not know {other:?}"),
    }
}

fn owned_event(event: Event) -> Item {
    Item::Event {
        event_type: event.event_type.into(),
        data: event.data,
        last_event_id: event.last_event_id.into(),
    }
}

/// Checks that `next_event()` and the adaptor find the events among `items`, which the parser has
/// found in the same pieces.
///
/// # Panics
/// If one of the two finds something else.
pub(crate) fn check_events(limit: usize, start: &str, pieces: &[&[u8]], items: &[Item]) {
    let is_event = |item: &&Item| matches!(item, Item::Event { .. } | Item::TooLarge);
    let expected: Vec<Item> = items.iter().filter(is_event).cloned().collect();
    assert_eq!(
        next_events(limit, start, pieces),
        expected,
        "next_event(), {pieces:?}"
    );
    let bytes = stream::iter(pieces.iter().copied().map(Ok::<_, Infallible>));
    let events = bytes.events().max_event_size(limit).resumed_from(start);
    let mut events = block_on_stream(events);
    let found: Vec<Item> = events.by_ref().map(owned_result).collect();
    assert_eq!(found, expected, "the adaptor, {pieces:?}");
    let events = events.into_inner();
    assert_eq!(events.last_event_id(), last_event_id(start, items));
    let time = events.reconnection_time().map(|time| time.as_millis());
    assert_eq!(time, reconnection_time(items), "{pieces:?}");
}

fn next_events(limit: usize, start: &str, pieces: &[&[u8]]) -> Vec<Item> {
    let mut parser = EventStreamParser::new().max_event_size(limit);
    parser.reset(start);
    let mut found = Vec::new();
    for piece in pieces {
        parser.feed(piece);
        while let Some(result) = parser.next_event().transpose() {
            found.push(result.map_or(Item::TooLarge, owned_event));
        }
    }
    found
}

fn owned_result(result: Result<Event, Error<Infallible>>) -> Item {
    match result {
        Ok(event) => owned_event(event),
        Err(Error::TooLarge { .. }) => Item::TooLarge,
        Err(other) => unreachable!("the bytes do not fail: {other}"),
    }
}

fn last_event_id<'a>(start: &'a str, items: &'a [Item]) -> &'a str {
    let ids = items.iter().rev().find_map(|item| match item {
        Item::LastEventId(id) => Some(&**id),
        Item::Event { last_event_id, .. } => Some(&**last_event_id),
        _ => None,
    });
    ids.unwrap_or(start)
}

fn reconnection_time(items: &[Item]) -> Option<u128> {
    items.iter().rev().find_map(|item| match item {
        Item::ReconnectionTime(time) => Some(u128::from(*time)),
        _ => None,
    })
}

/// The pieces of `stream` between the places in `cuts`, in any order; places behind the end of
/// the stream count from its start again. Pieces may be empty.
pub(crate) fn cut<'a>(stream: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts
        .iter()
        .map(|place| place % (stream.len() + 1))
        .collect();
    places.sort_unstable();
    places.insert(0, 0);
    places.push(stream.len());
    places
        .windows(2)
        .map(|pair| &stream[pair[0]..pair[1]])
        .collect()
}
