//! Divides the file descriptors of the process, so that streams cannot use all of them.
//!
//! Without this, a server whose descriptors are used by streams accepts no health check.

use crate::config::Config;
use crate::util::max_open_files;

/// Descriptors for everything except connections: the runtime, log files, static files and Redis.
const RESERVED: usize = 32;

/// The fewest connections, however low the limit is.
const MIN_CONNECTIONS: usize = 16;

/// Most connections that are reserved for short requests.
const MAX_SPARE: usize = 1024;

/// Returns the most connections that the descriptors allow. The fault port uses up to half of them.
pub(super) fn max_connections(config: &Config) -> usize {
    connections(max_open_files(), config.fault_port.is_some())
}

/// Returns the most streams of this node: `--max-connections`, or fewer if the descriptors do not allow
/// as many. 0 means no limit.
pub(super) fn max_streams(config: &Config) -> usize {
    let possible = streams(max_connections(config));
    match config.max_connections {
        0 if possible == usize::MAX => 0,
        0 => possible,
        wanted if wanted <= possible => wanted,
        wanted => {
            tracing::warn!(
                "The limit of open files allows only {possible} streams. Raise `ulimit -n`, or set \
                 `--max-connections` to less than {wanted}."
            );
            possible
        }
    }
}

fn connections(descriptors: usize, has_fault_port: bool) -> usize {
    if descriptors == usize::MAX {
        return usize::MAX;
    }
    let own = descriptors.saturating_sub(RESERVED);
    let own = if has_fault_port { own / 2 } else { own };
    own.max(MIN_CONNECTIONS)
}

/// Returns the streams among so many connections. At least a quarter is for short requests.
fn streams(connections: usize) -> usize {
    match connections {
        usize::MAX => usize::MAX,
        connections => connections - (connections / 4).min(MAX_SPARE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_leave_connections_for_short_requests() {
        for (descriptors, has_fault_port, expected) in [
            (64, false, (32, 24)),
            (64, true, (16, 12)),
            (1024, false, (992, 744)),
            (20_000, false, (19_968, 18_944)),
            (0, false, (16, 12)),
            (usize::MAX, true, (usize::MAX, usize::MAX)),
        ] {
            let connections = connections(descriptors, has_fault_port);
            assert_eq!((connections, streams(connections)), expected);
        }
    }
}
