//! Owned events, read directly out of the chunks of a stream.

use super::chunk_lines::ChunkLines;
use super::owned_block::OwnedBlock;
use super::unfinished_line::UnfinishedLine;
use super::{EventStreamParser, TooLarge};

/// Interprets the chunks of an event stream ([WHATWG HTML §9.2.6]), and finds the same events as
/// [`EventStreamParser`].
///
/// A value is copied once: from the chunk into the string of its event. A line whose end has not
/// arrived is kept in a buffer only if it is another known field, or too short to tell.
///
/// Each method receives the same chunk until the next one [begins](Self::begin). An error is returned
/// once; then the reader is not used any more.
///
/// [WHATWG HTML §9.2.6]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#[derive(Debug)]
pub(super) struct ChunkReader {
    lines: ChunkLines,
    unfinished: UnfinishedLine,
    pub(super) block: OwnedBlock,
    pub(super) max_event_size: usize,
}

impl ChunkReader {
    /// The start of a stream.
    pub(super) fn new() -> Self {
        Self {
            lines: ChunkLines::new(),
            unfinished: UnfinishedLine::default(),
            block: OwnedBlock::default(),
            max_event_size: EventStreamParser::DEFAULT_MAX_EVENT_SIZE,
        }
    }

    /// Ends the stream, and frees the memory. The last event ID and the reconnection time remain.
    pub(super) fn end(&mut self) {
        self.unfinished = UnfinishedLine::default();
        self.block.end();
    }

    /// Begins the next chunk: completes the line that an earlier chunk has started.
    pub(super) fn begin(&mut self, chunk: &[u8]) -> Result<(), TooLarge> {
        let before = self.lines.begin(chunk);
        if !before.is_empty() {
            self.unfinished.begin(before, &mut self.block);
        }
        if self.unfinished.is_some() {
            return self.continue_line(chunk);
        }
        Ok(())
    }

    /// Finds the next event in the chunk. Then the block has it. Returns `false` if there is no other event.
    #[inline(always)]
    pub(super) fn find(&mut self, chunk: &[u8]) -> Result<bool, TooLarge> {
        while let Some(line) = self.lines.next(chunk) {
            let bytes = chunk.get(line.clone()).unwrap_or_default();
            self.check(bytes.len())?;
            // Compared byte by byte: the first byte decides for most lines.
            if let [b'd', b'a', b't', b'a', b':', value @ ..] = bytes {
                let space = usize::from(value.starts_with(b" "));
                let start = line.start + b"data:".len() + space;
                self.block.add_data_in_chunk(start..line.end, chunk);
                self.check(self.block.len())?;
                // The most frequent line after it.
                if self.lines.take_blank_line(chunk) && self.block.dispatch_the_event() {
                    return Ok(true);
                }
            } else if bytes.is_empty() {
                if self.block.dispatch_the_event() {
                    return Ok(true);
                }
            } else if bytes == b"data" {
                self.block.add_data_in_chunk(line.end..line.end, chunk);
                self.check(self.block.len())?;
            } else {
                self.block.process_line(bytes);
            }
        }
        self.end_chunk(chunk)
    }

    /// Copies what the next chunk continues. Does nothing if it is called again.
    #[inline(never)]
    fn end_chunk(&mut self, chunk: &[u8]) -> Result<bool, TooLarge> {
        self.block.leave_chunk(chunk);
        let rest = self.lines.take_rest(chunk);
        if !rest.is_empty() {
            self.unfinished.begin(rest, &mut self.block);
        }
        self.check(self.unfinished.len())?;
        Ok(false)
    }

    /// Continues the line that an earlier chunk has started.
    fn continue_line(&mut self, chunk: &[u8]) -> Result<(), TooLarge> {
        let Some(line) = self.lines.next(chunk) else {
            let piece = self.lines.take_rest(chunk);
            self.unfinished.push(piece, &mut self.block);
            return self.check(self.unfinished.len());
        };
        let piece = chunk.get(line).unwrap_or_default();
        self.check(self.unfinished.len() + piece.len())?;
        self.unfinished.end(piece, &mut self.block);
        self.check(self.block.len())
    }

    #[inline(always)]
    fn check(&self, len: usize) -> Result<(), TooLarge> {
        let limit = self.max_event_size;
        if len > limit {
            return Err(TooLarge { limit });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
