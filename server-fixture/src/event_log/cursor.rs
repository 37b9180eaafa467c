//! A position in the event log, which the client sends as `Last-Event-ID`.

use std::fmt;
use std::str::FromStr;

/// A position in the form `<epoch>-<seq>`. Within an epoch sequences are consecutive, so the
/// difference of two cursors is the number of events between them.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The epoch of the log. It increases when the log may have lost events that clients received.
    pub epoch: u64,
    /// The sequence number within the epoch.
    pub seq: u64,
}

impl Cursor {
    /// Returns the position just before this one. Before the first position of an epoch, this is the
    /// last possible position of the epoch before.
    #[must_use]
    pub fn before(self) -> Self {
        match self.seq.checked_sub(1) {
            Some(seq) => Self { seq, ..self },
            None => Self {
                epoch: self.epoch.saturating_sub(1),
                seq: u64::MAX,
            },
        }
    }

    /// Returns whether `next` directly follows this position, so that no event is missing between.
    #[must_use]
    pub fn precedes(self, next: Self) -> bool {
        self == next.before()
    }
}

/// The error for a text that is not a cursor of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (epoch, seq) = text.split_once('-').ok_or(NotACursor)?;
        Ok(Self {
            epoch: number(epoch)?,
            seq: number(seq)?,
        })
    }
}

/// Parses digits only. `str::parse` also accepts `+5`.
fn number(text: &str) -> Result<u64, NotACursor> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .ok_or(NotACursor)
}

/// The position from which a client requests to resume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requested {
    /// No cursor: the first connection of a client.
    Nothing,
    /// The reserved word `earliest`: all stored events.
    Earliest,
    /// The position after which the client continues.
    After(Cursor),
    /// Another text, shortened for the gap event that quotes it.
    Malformed(String),
}

/// Most characters of a malformed cursor that the gap event quotes.
const MAX_QUOTE: usize = 64;

impl Requested {
    /// Parses the bytes of a `Last-Event-ID` header or of a query parameter. Every value is accepted,
    /// even one that is not UTF-8.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        match text.as_ref() {
            "" => Self::Nothing,
            "earliest" => Self::Earliest,
            text => text
                .parse()
                .map_or_else(|_| Self::malformed(text), Self::After),
        }
    }

    fn malformed(text: &str) -> Self {
        Self::Malformed(text.chars().take(MAX_QUOTE).collect())
    }
}

impl fmt::Display for Requested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Earliest => f.write_str("earliest"),
            Self::After(cursor) => cursor.fmt(f),
            Self::Malformed(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_survives_formatting_and_parsing() {
        let cursor = Cursor {
            epoch: 17,
            seq: u64::MAX,
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn malformed_cursor_is_quoted_and_not_an_error() {
        for text in [
            "5",
            "+1-2",
            "1-",
            "-1",
            "a-b",
            "1-2-3",
            "1-18446744073709551616",
            "1 - 2",
        ] {
            assert_eq!(
                Requested::from_bytes(text.as_bytes()),
                Requested::Malformed(text.to_owned()),
                "{text}"
            );
        }
        let long = "x".repeat(1000);
        assert_eq!(
            Requested::from_bytes(long.as_bytes()).to_string().len(),
            MAX_QUOTE
        );
        assert_eq!(Requested::from_bytes(b"\xff").to_string(), "\u{fffd}");
    }
}
