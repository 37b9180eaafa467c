//! Progress messages of long work.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Prints the name of the work, does the work, and prints its duration.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("▸ {what}");
    let (result, took) = timed(work);
    let verdict = if result.is_ok() {
        "done in"
    } else {
        "failed after"
    };
    eprintln!("  {verdict} {:.1} s", took.as_secs_f64());
    result
}

/// Returns the result of the work and its duration.
#[expect(
    clippy::disallowed_methods,
    reason = "this program never runs in a browser"
)]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}
