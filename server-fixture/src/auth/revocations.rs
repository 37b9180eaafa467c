//! The revoked tokens, as this node knows them.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::util::unix_now;

/// The longest time for which an expired token is kept: a year.
const LONGEST: u64 = 365 * 86_400;

/// The expiry of a revoked token.
struct Expiry {
    /// Unix seconds.
    at: u64,
    /// The same time on the monotonic clock, or earlier.
    passes: Instant,
}

/// The ids of revoked tokens. Each is kept until the token would have expired on both clocks. A clock
/// that is set forward and back, or only back, would otherwise make a revoked token valid again.
#[derive(Default)]
pub(crate) struct Revocations {
    all: RwLock<HashMap<String, Expiry>>,
    changed: watch::Sender<()>,
}

impl Revocations {
    /// Adds tokens that this node or another node has revoked, as ids and expiry in Unix seconds.
    pub(crate) fn add(&self, revoked: impl IntoIterator<Item = (String, u64)>) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let (now, instant) = (unix_now(), Instant::now());
        all.retain(|_, expiry| expiry.at > now || expiry.passes > instant);
        let before = all.len();
        for (token_id, at) in revoked {
            if let Entry::Vacant(entry) = all.entry(token_id) {
                let left = Duration::from_secs(at.saturating_sub(now).min(LONGEST));
                let passes = instant + left;
                entry.insert(Expiry { at, passes });
            }
        }
        let has_grown = all.len() > before;
        drop(all);
        if has_grown {
            self.changed.send_replace(());
        }
    }

    /// Returns the known tokens that are not in `stored` and have not expired.
    pub(crate) fn missing_from(&self, stored: &[(String, u64)]) -> Vec<(String, u64)> {
        let stored: HashSet<&str> = stored.iter().map(|(id, _)| id.as_str()).collect();
        let (all, now) = (
            self.all.read().unwrap_or_else(PoisonError::into_inner),
            unix_now(),
        );
        all.iter()
            .filter(|(id, expiry)| expiry.at > now && !stored.contains(id.as_str()))
            .map(|(id, expiry)| (id.clone(), expiry.at))
            .collect()
    }

    /// Returns a receiver that changes when tokens are revoked.
    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(crate) fn contains(&self, token_id: &str) -> bool {
        self.all
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(token_id)
    }
}
