//! The types of settings, and their parsers.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use clap::error::{ContextKind, ContextValue};
use thiserror::Error;

/// A value that must not appear in messages. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Returns the value itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<hidden>")
    }
}

/// The storage of the event log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogStorage {
    /// In memory, until the process ends.
    Memory,
    /// In a file.
    File(PathBuf),
    /// In Redis, at this URL, which may contain a password.
    Redis(Secret),
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
        Some(("redis" | "redis+unix" | "unix", _)) => Ok(LogStorage::Redis(text.into())),
        Some(("rediss" | "valkeys", _)) => Err(
            "TLS to Redis is not supported. Use redis://HOST:PORT of a local TLS proxy".to_owned(),
        ),
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

/// Hides the values in an error of the command line that may contain a secret: the value of `--log`
/// is a URL with a password, and such a URL may also stand in the wrong place.
pub(super) fn hide_secrets(mut error: clap::Error) -> clap::Error {
    let text = |error: &clap::Error, kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let is_log = text(&error, ContextKind::InvalidArg).is_some_and(|arg| arg.starts_with("--log"));
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidValue] {
        let Some(value) = text(&error, kind) else {
            continue;
        };
        let is_value = kind == ContextKind::InvalidValue || !value.starts_with("--");
        if is_value && (is_log || kind == ContextKind::InvalidArg || value.contains(['@', ':'])) {
            error.insert(kind, ContextValue::String("<hidden>".to_owned()));
            // A suggestion may quote the value.
            error.remove(ContextKind::Suggested);
        }
    }
    error
}
