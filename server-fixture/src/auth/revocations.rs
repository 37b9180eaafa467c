//! The revoked tokens, as this node knows them.

use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};

use tokio::sync::watch;

use crate::util::unix_now;

/// The ids of revoked tokens. Each is kept until the token would have expired.
#[derive(Default)]
pub(crate) struct Revocations {
    all: RwLock<HashMap<String, u64>>,
    changed: watch::Sender<()>,
}

impl Revocations {
    /// Adds tokens that this node or another node has revoked, as ids and expiry in Unix seconds.
    pub(crate) fn add(&self, revoked: impl IntoIterator<Item = (String, u64)>) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let now = unix_now();
        all.retain(|_, expires_at| *expires_at > now);
        let before = all.len();
        all.extend(revoked);
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
            .filter(|&(id, &expires_at)| expires_at > now && !stored.contains(id.as_str()))
            .map(|(id, &expires_at)| (id.clone(), expires_at))
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
