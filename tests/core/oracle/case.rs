//! The input of the fuzz target, and what must hold for every one.
use authenticated_event_source::event_stream::EventStreamParser;

use super::{Item, check_events, cut, interpret, parse, parse_lazily};

/// A stream and the way in which it arrives, read from any bytes: the limit (one byte, 255 is
/// the default limit), the number of cuts (one byte), the cuts (two bytes each), the stream.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    limit: usize,
    cuts: Vec<usize>,
    stream: &'a [u8],
}

impl<'a> Case<'a> {
    pub(crate) fn from_bytes(bytes: &'a [u8]) -> Self {
        let Some((&[limit, count], rest)) = bytes.split_first_chunk() else {
            return Self::new(u8::MAX, Vec::new(), bytes);
        };
        let (cuts, stream) = rest.split_at(rest.len().min(2 * usize::from(count)));
        let cuts = cuts.chunks(2).map(|place| match *place {
            [low, high] => usize::from(u16::from_le_bytes([low, high])),
            _ => 0,
        });
        Self::new(limit, cuts.collect(), stream)
    }

    fn new(limit: u8, cuts: Vec<usize>, stream: &'a [u8]) -> Self {
        let limit = match limit {
            u8::MAX => EventStreamParser::DEFAULT_MAX_EVENT_SIZE,
            small => usize::from(small),
        };
        Self {
            limit,
            cuts,
            stream,
        }
    }

    /// # Panics
    /// If the parser finds something else than the oracle, or something else when the stream is
    /// cut, or when the caller asks for its items late.
    pub(crate) fn check(&self) {
        let whole = self.parse(&[]);
        assert_eq!(
            whole,
            self.parse(&self.cuts),
            "the cuts changed the items of {self:?}"
        );
        let every_byte: Vec<usize> = (0..self.stream.len()).collect();
        assert_eq!(
            whole,
            self.parse(&every_byte),
            "byte by byte the items changed: {self:?}"
        );
        let lazily = parse_lazily(&mut self.parser(), cut(self.stream, &self.cuts), &[0, 2]);
        assert_eq!(whole, lazily, "asking late changed the items of {self:?}");
        check_events(self.limit, "", &cut(self.stream, &self.cuts), &whole);
        if let Some(expected) = self.expected() {
            assert_eq!(
                whole, expected,
                "the oracle found something else in {self:?}"
            );
        }
    }

    /// `None` if the oracle cannot tell: U+FFFD is longer than the byte it stands for, so under a
    /// small limit the oracle is exact for well-formed UTF-8 alone.
    fn expected(&self) -> Option<Vec<Item>> {
        let is_exact = self.limit > 3 * self.stream.len() || str::from_utf8(self.stream).is_ok();
        is_exact.then(|| interpret(self.stream, "", self.limit))
    }

    fn parse(&self, cuts: &[usize]) -> Vec<Item> {
        parse(&mut self.parser(), cut(self.stream, cuts))
    }

    fn parser(&self) -> EventStreamParser {
        EventStreamParser::new().max_event_size(self.limit)
    }
}
