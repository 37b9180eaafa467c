//! The types of settings, and their parsers.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use thiserror::Error;

/// The storage of the event log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogStorage {
    /// In memory, until the process ends.
    Memory,
    /// In a file.
    File(PathBuf),
    /// In Redis, at this URL.
    Redis(String),
}

/// The endpoints that need a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuthScope {
    /// `/events` and `/publish`.
    Events,
    /// Also `/api/metrics`, `/api/tasks` and `/logs`.
    All,
}

/// The events that a client without a cursor receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FirstConnectMode {
    /// New events only.
    Live,
    /// All stored events, then new events.
    Retained,
}

/// The reason that the server refuses its settings.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The secret is too short, so tokens could be forged.
    #[error(
        "The secret is missing or shorter than {MIN_SECRET} bytes, so tokens could be forged. Set \
         `--jwt-secret` (JWT_SECRET), for example to the output of `openssl rand -hex 32`, or use \
         `--demo`."
    )]
    WeakSecret,
}

/// The shortest secret. RFC 7518, section 3.2, requires a key as long as the hash: 256 bits.
pub(super) const MIN_SECRET: usize = 32;

pub(super) fn log_home(text: &str) -> Result<LogStorage, String> {
    match text.split_once(':') {
        None if text == "memory" => Ok(LogStorage::Memory),
        Some(("file", path)) if !path.is_empty() => Ok(LogStorage::File(path.into())),
        Some(("redis" | "redis+unix" | "unix", _)) => Ok(LogStorage::Redis(text.to_owned())),
        _ => Err("The value is not a log. Use memory, file:PATH or redis://HOST:PORT".to_owned()),
    }
}

/// Parses seconds with an optional fraction, up to ten years.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "The value is not a number. Give the seconds, for example 1.5".to_owned())?;
    if !(0.0..=315_360_000.0).contains(&seconds) {
        return Err("The value is out of range. Give 0 to 315360000 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// Parses seconds of at least a millisecond, for settings that must not be zero.
pub(super) fn nonzero_seconds(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        time if time < Duration::from_millis(1) => {
            Err("The value is too small. Give at least 0.001 seconds".to_owned())
        }
        time => Ok(time),
    }
}
