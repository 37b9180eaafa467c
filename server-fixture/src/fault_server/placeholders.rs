//! The placeholders in the texts of a script, such as `{last_event_id}`.

use std::borrow::Cow;
use std::io;
use std::time::{Duration, SystemTime};

use super::http1_request::Request;

/// Most bytes of a text after its placeholders are replaced. A request could otherwise multiply a
/// long header by many placeholders.
const MAX_FILLED: usize = 64 * 1024 * 1024;

/// The values of the placeholders for one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Placeholders {
    last_event_id: String,
    origin: String,
    other_origin: String,
    path: String,
}

impl Placeholders {
    pub(crate) fn from_request(request: &Request) -> Self {
        let host = request.header("host").unwrap_or_default();
        Self {
            last_event_id: request.header("last-event-id").unwrap_or_default(),
            origin: format!("http://{host}"),
            other_origin: format!("http://{}", other_name(&host)),
            path: request.path().to_owned(),
        }
    }

    /// Returns the client's last event ID if it is a number.
    pub(crate) fn cursor(&self) -> Option<u64> {
        self.last_event_id.parse().ok()
    }

    fn values(&self) -> [(&'static str, &str); 4] {
        [
            ("{last_event_id}", &self.last_event_id),
            ("{origin}", &self.origin),
            ("{other_origin}", &self.other_origin),
            ("{path}", &self.path),
        ]
    }

    /// Returns about how many bytes [`Self::fill`] allocates at the same time: the text before and
    /// after a replacement. A date has 29 bytes.
    pub(super) fn copied_bytes(&self, text: &str) -> usize {
        if !text.contains('{') {
            return 0;
        }
        let grown =
            |(name, value): (&str, &str)| text.matches(name).count().saturating_mul(value.len());
        let growth: usize = self.values().map(grown).iter().sum();
        let dates = text.matches("{date+").count() * 29;
        2 * (text.len().saturating_add(growth).saturating_add(dates))
    }

    /// Replaces the placeholders in `text`.
    pub(crate) fn fill<'a>(&self, text: &'a str) -> io::Result<Cow<'a, str>> {
        if !text.contains('{') {
            return Ok(Cow::Borrowed(text));
        }
        let mut filled = text.to_owned();
        for (name, value) in self.values() {
            let growth = filled.matches(name).count().saturating_mul(value.len());
            if filled.len().saturating_add(growth) > MAX_FILLED {
                return Err(io::Error::other(
                    "The text is longer than 64 MiB. Send less.",
                ));
            }
            filled = filled.replace(name, value);
        }
        Ok(Cow::Owned(fill_date(&filled)))
    }
}

/// Returns the same server under a name that is another origin for a browser.
fn other_name(host: &str) -> String {
    match host.strip_prefix("localhost") {
        Some(port) => format!("127.0.0.1{port}"),
        None => host.replacen("127.0.0.1", "localhost", 1),
    }
}

/// A thousand years in seconds. HTTP dates have four digits for the year.
const LONGEST: u64 = 1000 * 365 * 86_400;

fn fill_date(text: &str) -> String {
    let mut filled = String::new();
    let mut left = text;
    while let Some((before, rest)) = left.split_once("{date+")
        && let Some((seconds, after)) = rest.split_once('}')
    {
        let offset = Duration::from_secs(seconds.parse().unwrap_or(0).min(LONGEST));
        // HTTP dates have whole seconds. Rounding up keeps the wait from being too short.
        let at = SystemTime::now() + offset + Duration::from_millis(999);
        filled.push_str(before);
        filled.push_str(&httpdate::fmt_http_date(at));
        left = after;
    }
    filled + left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_date_replaces_every_date_even_in_the_far_future() {
        let filled = fill_date("a {date+1} b {date+999999999999} c {date+");
        assert_eq!(filled.matches("GMT").count(), 2, "{filled}");
        assert!(filled.ends_with("c {date+"), "{filled}");
    }
}
