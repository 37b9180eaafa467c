//! Limits on open streams: per node, per address, per user, and of all nodes together.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cluster::StreamLoad;
use crate::metrics::Metrics;

/// The upper bounds. 0 means no limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LimitSettings {
    pub(crate) node: usize,
    pub(crate) ip: usize,
    pub(crate) user: usize,
    pub(crate) cluster: usize,
}

/// Seconds after which a full server may accept a stream.
const RETRY_AFTER: u64 = 60;

/// The limit that a stream would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Cluster,
    Node,
    Ip,
    User,
}

impl Scope {
    /// Returns the label in the metrics.
    fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Node => "node",
            Self::Ip => "ip",
            Self::User => "user",
        }
    }
}

/// The reason that a stream was rejected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LimitError {
    pub(crate) scope: Scope,
    /// Seconds after which a retry may succeed.
    pub(crate) retry_after: u64,
}

#[derive(Default)]
struct Counts {
    node: usize,
    ips: HashMap<IpAddr, usize>,
    users: HashMap<Arc<str>, usize>,
}

/// Counts the streams of this node.
pub(crate) struct StreamLimits {
    settings: LimitSettings,
    counts: Mutex<Counts>,
    /// The load of the other nodes at the last heartbeat.
    other_nodes: Mutex<StreamLoad>,
    metrics: Arc<Metrics>,
}

impl StreamLimits {
    pub(crate) fn new(settings: LimitSettings, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            settings,
            counts: Mutex::default(),
            other_nodes: Mutex::default(),
            metrics,
        })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // No operation under this lock panics between two changes, so a poisoned lock is usable.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a permit, or the limit that is reached. The check and the count share one lock, so
    /// that two clients cannot both get the last permit.
    pub(crate) fn acquire(
        self: &Arc<Self>,
        ip: IpAddr,
        user: Option<&str>,
    ) -> Result<StreamPermit, LimitError> {
        let user: Option<Arc<str>> = user.map(Arc::from);
        let mut counts = self.counts();
        if let Some(scope) = self.exceeded(&counts, ip, user.as_ref()) {
            self.metrics.rejected(scope.as_str());
            let retry_after = RETRY_AFTER;
            return Err(LimitError { scope, retry_after });
        }
        counts.node += 1;
        *counts.ips.entry(ip).or_default() += 1;
        if let Some(user) = &user {
            *counts.users.entry(Arc::clone(user)).or_default() += 1;
        }
        drop(counts);
        self.metrics.stream_opened();
        Ok(StreamPermit {
            limits: Arc::clone(self),
            ip,
            user,
            end_reason: "client",
        })
    }

    /// Returns the first limit that one more stream would exceed.
    fn exceeded(&self, counts: &Counts, ip: IpAddr, user: Option<&Arc<str>>) -> Option<Scope> {
        let full = |limit: usize, count: usize| limit > 0 && count >= limit;
        let of_ip = counts.ips.get(&ip).copied().unwrap_or(0);
        let of_user = user
            .and_then(|user| counts.users.get(user))
            .copied()
            .unwrap_or(0);
        let of_cluster = counts.node + self.other_nodes().streams;
        let limits = [
            (Scope::Cluster, full(self.settings.cluster, of_cluster)),
            (Scope::Node, full(self.settings.node, counts.node)),
            (Scope::Ip, full(self.settings.ip, of_ip)),
            (Scope::User, full(self.settings.user, of_user)),
        ];
        let exceeded = limits.into_iter().find(|(_, is_full)| *is_full);
        exceeded.map(|(scope, _)| scope)
    }

    fn other_nodes(&self) -> MutexGuard<'_, StreamLoad> {
        self.other_nodes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the load of the other nodes.
    pub(crate) fn set_other_nodes(&self, load: StreamLoad) {
        *self.other_nodes() = load;
        self.metrics
            .set_cluster_streams(self.cluster_load().streams);
    }

    /// Returns the open streams of this node and their distinct users. A stream without a login
    /// counts as one user.
    pub(crate) fn load(&self) -> StreamLoad {
        let counts = self.counts();
        let anonymous = counts.node - counts.users.values().sum::<usize>();
        StreamLoad {
            streams: counts.node,
            users: counts.users.len() + anonymous,
        }
    }

    /// Returns the load of all nodes, which may be a second old.
    pub(crate) fn cluster_load(&self) -> StreamLoad {
        let (own, others) = (self.load(), *self.other_nodes());
        StreamLoad {
            streams: own.streams + others.streams,
            users: own.users + others.users,
        }
    }
}

/// One open stream in the limits and in the metrics. Dropping the permit releases the slot.
pub(crate) struct StreamPermit {
    limits: Arc<StreamLimits>,
    ip: IpAddr,
    user: Option<Arc<str>>,
    /// The reason for the metrics. Without a call of `set_end_reason` the client has left.
    end_reason: &'static str,
}

impl StreamPermit {
    /// Sets the reason that the stream ends.
    pub(crate) fn set_end_reason(&mut self, reason: &'static str) {
        self.end_reason = reason;
    }

    /// Counts an event that was sent.
    pub(crate) fn count_sent(&self, event_type: &str) {
        self.limits.metrics.event_sent(event_type);
    }

    /// Records the number of events that the stream is behind the log.
    pub(crate) fn observe_lag(&self, events: u64) {
        self.limits.metrics.observe_lag(events);
    }

    /// Counts a gap that was reported to the client.
    pub(crate) fn count_gap(&self, reason: &'static str) {
        self.limits.metrics.gap(reason);
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut counts = self.limits.counts();
        counts.node = counts.node.saturating_sub(1);
        release(&mut counts.ips, &self.ip);
        if let Some(user) = &self.user {
            release(&mut counts.users, user);
        }
        drop(counts);
        self.limits.metrics.stream_closed(self.end_reason);
    }
}

/// Decrements a count, and removes the key of a count of zero so that the map does not grow
/// forever.
fn release<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
