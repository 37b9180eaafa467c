//! A map whose entries expire. The cost of a call does not grow with the number of entries, unlike
//! that of `HashMap::retain` on each insert.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tokio::time::Instant;

/// Holds at most `capacity` entries. A further one replaces the entry that would expire next.
pub(super) struct ExpiringMap<V> {
    values: HashMap<Arc<str>, (Instant, V)>,
    by_expiry: BTreeSet<(Instant, Arc<str>)>,
    capacity: usize,
}

impl<V> ExpiringMap<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            values: HashMap::new(),
            by_expiry: BTreeSet::new(),
            capacity,
        }
    }

    /// Stores a value until `expires_at`, and replaces an earlier value of this key.
    pub(super) fn insert(&mut self, key: &str, value: V, expires_at: Instant, now: Instant) {
        let key: Arc<str> = Arc::from(key);
        let replaced = self.values.insert(Arc::clone(&key), (expires_at, value));
        if let Some((expiry, _)) = replaced {
            self.by_expiry.remove(&(expiry, Arc::clone(&key)));
        }
        self.by_expiry.insert((expires_at, key));
        self.remove_surplus(now);
    }

    /// Returns the value of a key unless it has expired.
    pub(super) fn get_mut(&mut self, key: &str, now: Instant) -> Option<&mut V> {
        let (expires_at, value) = self.values.get_mut(key)?;
        (*expires_at > now).then_some(value)
    }

    /// Removes the entries that have expired, and those above the capacity.
    fn remove_surplus(&mut self, now: Instant) {
        while let Some((expires_at, _)) = self.by_expiry.first()
            && (*expires_at <= now || self.values.len() > self.capacity)
            && let Some((_, key)) = self.by_expiry.pop_first()
        {
            self.values.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn entries_expire_and_their_memory_is_released() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut map = ExpiringMap::new(100);
        map.insert("a", 1, at(1), start);
        map.insert("b", 2, at(1), start);
        map.insert("b", 3, at(5), start);
        assert_eq!(map.get_mut("a", at(1)), None);
        assert_eq!(map.get_mut("b", at(1)), Some(&mut 3));
        map.insert("c", 4, at(9), at(2));
        assert_eq!((map.values.len(), map.by_expiry.len()), (2, 2));
    }

    #[test]
    fn full_map_replaces_the_entry_that_would_expire_next() {
        let now = Instant::now();
        let mut map = ExpiringMap::new(2);
        for (key, seconds) in [("late", 9), ("soon", 1), ("new", 5)] {
            map.insert(key, (), now + Duration::from_secs(seconds), now);
        }
        assert!(map.get_mut("soon", now).is_none());
        assert!(map.get_mut("late", now).is_some() && map.get_mut("new", now).is_some());
    }

    #[test]
    fn cost_of_an_insert_does_not_grow_with_the_number_of_entries() {
        let (start, mut map) = (Instant::now(), ExpiringMap::new(usize::MAX));
        for number in 0..100_000 {
            map.insert(
                &number.to_string(),
                (),
                start + Duration::from_secs(3600),
                start,
            );
        }
        // A pass over all entries at each insert takes minutes.
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{:?}",
            start.elapsed()
        );
    }
}
