//! The values of settings, and how they are read.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use thiserror::Error;

/// Where the events are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogHome {
    /// In this process, gone with it.
    Memory,
    /// In this file.
    File(PathBuf),
    /// At this Redis.
    Redis(String),
}

/// Which endpoints need a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuthScope {
    /// `/events` and `/publish`.
    Events,
    /// Also `/api/metrics`, `/api/tasks` and `/logs`.
    All,
}

/// What a client without a cursor gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum First {
    /// Events from now on.
    Live,
    /// All that are kept, then live: the textbook's behaviour.
    Retained,
}

/// A setting with which the server must not start.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConfigError {
    /// Tokens could be forged.
    #[error(
        "--jwt-secret (JWT_SECRET) is missing or shorter than {MIN_SECRET} bytes, so tokens could \
         be forged: give a longer one, for example from `openssl rand -hex 32`, or use --demo"
    )]
    WeakSecret,
}

/// HS256 is as strong as its key; RFC 7518 asks for as many bits as the hash has.
pub(super) const MIN_SECRET: usize = 32;

pub(super) fn log_home(text: &str) -> Result<LogHome, String> {
    match text.split_once(':') {
        None if text == "memory" => Ok(LogHome::Memory),
        Some(("file", path)) if !path.is_empty() => Ok(LogHome::File(path.into())),
        Some(("redis" | "redis+unix" | "unix", _)) => Ok(LogHome::Redis(text.to_owned())),
        _ => Err("neither memory, nor file:PATH, nor redis://HOST:PORT".to_owned()),
    }
}

/// Seconds, with or without a fraction, up to ten years.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    if !(0.0..=315_360_000.0).contains(&seconds) {
        return Err("not between 0 and 315360000 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// The same, for what would end at once, or repeat without a pause, if it took no time.
pub(super) fn some_seconds(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        time if time < Duration::from_millis(1) => Err("less than a millisecond".to_owned()),
        time => Ok(time),
    }
}
