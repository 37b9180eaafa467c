//! How much is delivered until other tasks of the page may run.

/// The largest slice, in bytes. If the server is faster than the page, engines return chunks of
/// megabytes, and the delivery of a whole chunk would block the page.
const LARGEST_SLICE: u32 = 32 << 10;
const SMALLEST_SLICE: u32 = 512;

/// The time that one task may spend on events, in milliseconds, unless a single slice takes longer.
/// As long as bytes are available, reading continues in microtasks, before any other task: even a
/// click would wait.
const MAX_TASK: u32 = 8;

/// Limits how much is delivered in one task, so that the page stays responsive.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The size of the next slice, in bytes.
    pub slice: u32,
    /// The time spent on events in the current task, in milliseconds.
    spent: u32,
}

impl Pace {
    /// The pace before the cost of the listeners is known.
    pub const START: Self = Self {
        slice: 4 << 10,
        spent: 0,
    };

    /// The pace after a slice of `len` bytes took `took` milliseconds, and whether to yield to other
    /// tasks now.
    pub fn after(self, len: u32, took: u32) -> (Self, bool) {
        let spent = self.spent.saturating_add(took);
        let slice = if took < MAX_TASK {
            // Twice the measured length: a small event does not show the cost of a full slice.
            self.slice.max(2 * len)
        } else {
            len * MAX_TASK / took
        };
        let pace = Self {
            slice: slice.clamp(SMALLEST_SLICE, LARGEST_SLICE),
            spent: if spent < MAX_TASK { spent } else { 0 },
        };
        (pace, spent >= MAX_TASK)
    }
}
