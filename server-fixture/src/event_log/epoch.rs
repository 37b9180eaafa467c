//! Creates the epochs of event logs.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns microseconds since 1970, of which the last three digits are random. A server that starts
/// later has a greater epoch, and two servers that start in the same millisecond differ.
pub(crate) fn new_epoch() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX / 1000);
    millis * 1000 + fastrand::u64(..1000)
}
