//! A place in the event log, as the client carries it in `Last-Event-ID`.

use std::fmt;
use std::str::FromStr;

/// `<epoch>-<seq>`. Within an epoch the sequence is dense, so the distance between two cursors is
/// the number of events between them; another epoch means that this distance is unknown.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Which life of the log; grows whenever events may have been lost behind the clients' backs.
    pub epoch: u64,
    /// Position within the epoch.
    pub seq: u64,
}

/// The text is not a cursor that this server ever handed out.
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

/// Digits only: `str::parse` would also take `+5`.
fn number(text: &str) -> Result<u64, NotACursor> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .ok_or(NotACursor)
}

/// What a client asks to be resumed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requested {
    /// No cursor at all: a first visit.
    Nothing,
    /// The reserved word `earliest`: everything that is still kept.
    Earliest,
    /// The place after which the client wants to go on.
    After(Cursor),
    /// Something else, shortened for the gap event that will quote it.
    Malformed(String),
}

/// Longest text of a malformed cursor that is quoted back, in characters.
const QUOTE: usize = 64;

impl Requested {
    /// Reads the bytes of a `Last-Event-ID` header or of a query parameter. A header may hold any
    /// bytes, UTF-8 or not; none of them is an error.
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
        Self::Malformed(text.chars().take(QUOTE).collect())
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
    fn a_cursor_is_read_back_as_it_was_written() {
        let cursor = Cursor {
            epoch: 17,
            seq: u64::MAX,
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn what_is_not_a_cursor_is_quoted_and_not_an_error() {
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
            QUOTE
        );
        assert_eq!(Requested::from_bytes(b"\xff").to_string(), "\u{fffd}");
    }
}
