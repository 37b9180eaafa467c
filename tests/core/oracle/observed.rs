//! What the parser under test finds, in the words of the oracle.
use authenticated_event_source::event_stream::{self, EventStreamParser, decode};

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
        event_stream::Item::Event(raw) => {
            let event = event_stream::Event::from(raw);
            Item::Event {
                event_type: event.event_type,
                data: event.data,
                last_event_id: event.last_event_id,
            }
        }
        event_stream::Item::LastEventId(id) => Item::LastEventId(decode(id).into_owned()),
        event_stream::Item::ReconnectionTime(time) => {
            Item::ReconnectionTime(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
        }
        event_stream::Item::Comment(text) => Item::Comment(decode(text).into_owned()),
        event_stream::Item::TooLarge => Item::TooLarge,
        other => unreachable!("the oracle does not know {other:?}"),
    }
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
