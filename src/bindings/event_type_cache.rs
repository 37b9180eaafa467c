//! Numbers for event types, so that JavaScript creates the string of each type once.

use alloc::vec::Vec;

/// Maps event types to numbers. It holds the latest [`CAPACITY`](Self::CAPACITY) types: a server that
/// invents new types forever must not fill the memory.
#[derive(Default)]
pub(super) struct EventTypeCache {
    types: Vec<Vec<u8>>,
    latest: usize,
    /// The entry that the next new type replaces, once the cache is full.
    oldest: usize,
}

/// The number of events without an `event` field.
pub(super) const UNNAMED: u32 = 0;

impl EventTypeCache {
    const CAPACITY: usize = 64;

    /// Returns the number of an event type, and whether JavaScript must read its name: the type is
    /// new, or its number had another name before.
    #[inline(never)]
    pub(super) fn number(&mut self, event_type: &[u8]) -> (u32, bool) {
        if self
            .types
            .get(self.latest)
            .is_some_and(|latest| latest == event_type)
        {
            return (self.latest as u32 + 1, false);
        }
        let known = self.types.iter().position(|known| known == event_type);
        self.latest = known.unwrap_or_else(|| self.add(event_type));
        (self.latest as u32 + 1, known.is_none())
    }

    fn add(&mut self, event_type: &[u8]) -> usize {
        if self.types.len() < Self::CAPACITY {
            self.types.push(event_type.to_vec());
            return self.types.len() - 1;
        }
        let replaced = self.oldest;
        self.oldest = (self.oldest + 1) % Self::CAPACITY;
        self.types[replaced] = event_type.to_vec();
        replaced
    }
}
