//! The sources of events: metrics of the system, lines of a log file, and simulated tasks.

pub(crate) mod log_tail;
pub(crate) mod system_metrics;
pub(crate) mod tasks;
