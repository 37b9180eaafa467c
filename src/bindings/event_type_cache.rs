use alloc::vec::Vec;

/// Numbers for the event types that come again and again, so that each name is made into a
/// JavaScript string once. Holds the latest [`CAPACITY`](Self::CAPACITY) names: a server that
/// invents new ones without end must not fill the memory.
#[derive(Default)]
pub(super) struct EventTypeCache {
    names: Vec<Vec<u8>>,
    latest: usize,
    /// Which name the next new one replaces, once all places are taken.
    next: usize,
}

/// The number of events whose stream named no type.
pub(super) const UNNAMED: u32 = 0;

impl EventTypeCache {
    const CAPACITY: usize = 64;

    /// The number of `name`, and whether it is new, or means another name than before.
    #[inline(never)]
    pub(super) fn number(&mut self, name: &[u8]) -> (u32, bool) {
        if self
            .names
            .get(self.latest)
            .is_some_and(|latest| latest == name)
        {
            return (self.latest as u32 + 1, false);
        }
        let known = self.names.iter().position(|known| known == name);
        self.latest = known.unwrap_or_else(|| self.add(name));
        (self.latest as u32 + 1, known.is_none())
    }

    fn add(&mut self, name: &[u8]) -> usize {
        if self.names.len() < Self::CAPACITY {
            self.names.push(name.to_vec());
            return self.names.len() - 1;
        }
        let place = self.next;
        self.next = (self.next + 1) % Self::CAPACITY;
        self.names[place] = name.to_vec();
        place
    }
}
