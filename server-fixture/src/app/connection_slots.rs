//! Connection slots: in total, and per client address. A connection gets its slot before a byte of
//! its request is read.
//!
//! A connection keeps its slot while it sends an event stream. Any other connection can be replaced:
//! the oldest one is closed when its address has too many of them, or when no slot is free. An
//! address that sends incomplete requests thus cannot keep others away, nor its own health checks.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::util::address_key;

/// Most connections per address that do not send an event stream. More are accepted only while all
/// of them are younger than [`MIN_AGE`], because many clients may reconnect at once.
const MAX_PER_ADDRESS: usize = 512;

/// The age at which an address loses its oldest connection. Reading a request takes less.
const MIN_AGE: Duration = Duration::from_secs(1);

/// A connection that can be replaced.
struct Replaceable {
    since: Instant,
    /// Notified when the connection must close.
    replaced: Arc<Notify>,
}

/// The other side of a connection.
#[derive(Clone, Copy)]
enum Source {
    /// A client, by the address under which it counts.
    Client(IpAddr),
    /// A trusted proxy.
    Proxy,
}

#[derive(Default)]
struct State {
    open: usize,
    next_id: u64,
    /// The connections that can be replaced, by address and oldest first.
    replaceable: HashMap<IpAddr, BTreeMap<u64, Replaceable>>,
    /// The connections of trusted proxies that can be replaced, oldest first.
    proxied: BTreeMap<u64, Replaceable>,
}

impl State {
    fn add(&mut self, source: Source, replaced: Arc<Notify>) -> u64 {
        self.next_id += 1;
        let since = Instant::now();
        let of_address = match source {
            Source::Proxy => &mut self.proxied,
            Source::Client(key) => self.replaceable.entry(key).or_default(),
        };
        of_address.insert(self.next_id, Replaceable { since, replaced });
        self.next_id
    }

    fn remove(&mut self, source: Source, id: u64) -> Option<Replaceable> {
        let Source::Client(key) = source else {
            return self.proxied.remove(&id);
        };
        let of_address = self.replaceable.get_mut(&key)?;
        let removed = of_address.remove(&id);
        if of_address.is_empty() {
            self.replaceable.remove(&key);
        }
        removed
    }

    /// Closes the oldest connection of `key` that can be replaced. Returns false if there is none.
    fn replace_oldest(&mut self, key: IpAddr) -> bool {
        let of_address = self.replaceable.get(&key);
        let oldest = of_address.and_then(|all| all.keys().next().copied());
        let Some(oldest) = oldest.and_then(|id| self.remove(Source::Client(key), id)) else {
            return false;
        };
        oldest.replaced.notify_one();
        true
    }

    /// Closes the oldest connection of an address that has too many.
    fn limit_address(&mut self, key: IpAddr, now: Instant) {
        let of_address = self.replaceable.get(&key);
        let is_full = of_address.is_some_and(|all| {
            let oldest = all.values().next();
            all.len() >= MAX_PER_ADDRESS && oldest.is_some_and(|it| now >= it.since + MIN_AGE)
        });
        if is_full {
            self.replace_oldest(key);
        }
    }

    /// Closes the oldest connection of the address with the most connections. A proxy serves many
    /// clients, so its connections come last.
    fn replace_any(&mut self) {
        let largest = self.replaceable.iter().max_by_key(|(_, all)| all.len());
        let largest = largest.map(|(key, _)| *key);
        if !largest.is_some_and(|key| self.replace_oldest(key))
            && let Some((_, oldest)) = self.proxied.pop_first()
        {
            oldest.replaced.notify_one();
        }
    }
}

/// All slots of a server.
pub(super) struct ConnectionSlots {
    state: Mutex<State>,
    /// Notified when a connection ends.
    freed: Notify,
    /// The most connections.
    capacity: usize,
    /// The addresses of proxies.
    trusted: Vec<IpAddr>,
}

impl ConnectionSlots {
    pub(super) fn new(capacity: usize, trusted: &[IpAddr]) -> Arc<Self> {
        let trusted = trusted.iter().map(IpAddr::to_canonical).collect();
        Arc::new(Self {
            state: Mutex::default(),
            freed: Notify::new(),
            capacity,
            trusted,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No operation under this lock panics between two changes, so a poisoned lock is usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Allocates a slot for a connection from `peer`. If all slots are in use, it closes a
    /// connection that can be replaced, or waits until a connection ends.
    pub(super) async fn allocate(self: &Arc<Self>, peer: IpAddr) -> Slot {
        while !self.try_make_room() {
            self.freed.notified().await;
        }
        let source = match self.trusted.contains(&peer.to_canonical()) {
            true => Source::Proxy,
            false => Source::Client(address_key(peer)),
        };
        let replaced = Arc::new(Notify::new());
        let mut state = self.state();
        state.open += 1;
        if let Source::Client(key) = source {
            state.limit_address(key, Instant::now());
        }
        let id = state.add(source, Arc::clone(&replaced));
        drop(state);
        Slot {
            slots: Arc::clone(self),
            source,
            id: Mutex::new(Some(id)),
            replaced,
        }
    }

    /// Returns whether a slot is free. If none is, closes a connection that can be replaced, so that a slot
    /// becomes free soon.
    fn try_make_room(&self) -> bool {
        let mut state = self.state();
        let is_free = state.open < self.capacity;
        if !is_free {
            state.replace_any();
        }
        is_free
    }

    /// Closes one connection that can be replaced, to free its file descriptor.
    pub(super) fn replace_any(&self) {
        self.state().replace_any();
    }
}

/// The slot of one connection. Dropping it frees the slot.
pub(super) struct Slot {
    slots: Arc<ConnectionSlots>,
    source: Source,
    /// Set while the connection can be replaced.
    id: Mutex<Option<u64>>,
    replaced: Arc<Notify>,
}

impl Slot {
    /// Completes when another connection needs the slot.
    pub(super) async fn replaced(&self) {
        self.replaced.notified().await;
    }

    fn id(&self) -> MutexGuard<'_, Option<u64>> {
        self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the slot from now on: the connection sends an event stream.
    pub(super) fn keep(&self) {
        if let Some(id) = self.id().take() {
            self.slots.state().remove(self.source, id);
        }
    }

    /// Lets another connection replace this one: it reads a request, or sends a short response.
    pub(super) fn release(&self) {
        let mut id = self.id();
        if id.is_none() {
            let replaced = Arc::clone(&self.replaced);
            *id = Some(self.slots.state().add(self.source, replaced));
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.keep();
        self.slots.state().open -= 1;
        self.slots.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn is_replaced(slot: &Slot) -> bool {
        slot.replaced().now_or_never().is_some()
    }

    #[tokio::test]
    async fn full_server_replaces_the_oldest_connection_of_the_largest_address() {
        let slots = ConnectionSlots::new(4, &[]);
        let quiet = slots.allocate(ip(1)).await;
        let stream = slots.allocate(ip(2)).await;
        stream.keep();
        let flood = [slots.allocate(ip(2)).await, slots.allocate(ip(2)).await];
        let mut waiting = Box::pin(slots.allocate(ip(3)));
        assert!(waiting.as_mut().now_or_never().is_none());
        let replaced = [&quiet, &stream, &flood[0], &flood[1]].map(is_replaced);
        assert_eq!(replaced, [false, false, true, false]);
        let [oldest, _newest] = flood;
        drop(oldest);
        assert!(waiting.now_or_never().is_some());
    }

    #[tokio::test]
    async fn address_with_too_many_old_connections_loses_the_oldest() {
        let slots = ConnectionSlots::new(usize::MAX, &[]);
        let mut held = Vec::new();
        for _ in 0..MAX_PER_ADDRESS + 10 {
            held.push(slots.allocate(ip(1)).await);
        }
        assert!(
            !held.iter().any(is_replaced),
            "a burst of clients is accepted"
        );
        let later = Instant::now() + MIN_AGE;
        slots.state().limit_address(ip(2), later);
        assert!(!held.iter().any(is_replaced));
        slots.state().limit_address(ip(1), later);
        assert!(is_replaced(&held[0]) && !held.iter().any(is_replaced));
    }

    #[tokio::test]
    async fn connections_of_a_trusted_proxy_are_replaced_last() {
        let slots = ConnectionSlots::new(3, &[ip(9)]);
        let mapped = "::ffff:10.0.0.9".parse().unwrap();
        let stream = slots.allocate(mapped).await;
        stream.keep();
        let proxy = slots.allocate(mapped).await;
        let client = slots.allocate(ip(1)).await;
        slots.replace_any();
        let replaced = [&stream, &proxy, &client].map(is_replaced);
        assert_eq!(replaced, [false, false, true]);
        slots.replace_any();
        let replaced = [&stream, &proxy].map(is_replaced);
        assert_eq!(replaced, [false, true]);
    }

    #[tokio::test]
    async fn proxy_may_have_any_number_of_connections() {
        let slots = ConnectionSlots::new(usize::MAX, &[ip(9)]);
        let mut held = Vec::new();
        for _ in 0..2 * MAX_PER_ADDRESS {
            held.push(slots.allocate(ip(9)).await);
        }
        slots.state().limit_address(ip(9), Instant::now() + MIN_AGE);
        assert!(!held.iter().any(is_replaced));
    }
}
