//! The sources of events: metrics of the system, lines of a log file, and simulated tasks.

mod lines;
pub(crate) mod log_tail;
mod name_history;
pub(crate) mod system_metrics;
mod tailed_file;
pub(crate) mod tasks;
