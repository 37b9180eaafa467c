//! Demo mode: a page can request faults of its own streams, and bursts of log lines.

pub(crate) mod commands;
mod faults;
pub(crate) mod log_burst;

pub(crate) use self::faults::{DemoFaults, stream_faults};
