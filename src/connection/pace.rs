/// How many bytes are parsed and delivered at once, at most. Engines hand out chunks of megabytes
/// when the server is faster than the page: delivered at once they would block it.
const LARGEST_SLICE: u32 = 32 << 10;
const SMALLEST_SLICE: u32 = 512;

/// How long the page waits for us, in milliseconds, unless a single slice takes longer. While bytes
/// are there, reading goes on in microtasks: nothing else would have its turn, not even a click.
const TURN: u32 = 8;

/// How much is delivered before the page has its turn.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The next slice, in bytes.
    pub slice: u32,
    /// The time spent on events since the page had its turn, in milliseconds.
    spent: u32,
}

impl Pace {
    /// What the listeners cost is not known yet.
    pub const START: Self = Self {
        slice: 4 << 10,
        spent: 0,
    };

    /// After a slice of `len` bytes that took so many milliseconds; and whether the page is to have
    /// its turn now.
    pub fn after(self, len: u32, took: u32) -> (Self, bool) {
        let spent = self.spent.saturating_add(took);
        let slice = if took < TURN {
            // Twice of what is known to be quick: a small event says nothing of a full slice.
            self.slice.max(2 * len)
        } else {
            len * TURN / took
        };
        let pace = Self {
            slice: slice.clamp(SMALLEST_SLICE, LARGEST_SLICE),
            spent: if spent < TURN { spent } else { 0 },
        };
        (pace, spent >= TURN)
    }
}
