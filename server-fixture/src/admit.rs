//! How many streams there may be: per node, per address, per user. A place is a permit, and a
//! permit that is dropped, however the stream ended, frees it.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cluster::Load;
use crate::figures::Figures;
use crate::refusal::Refusal;
use crate::resume::Reason;

/// Upper bounds; 0 is "no bound".
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) node: usize,
    pub(crate) ip: usize,
    pub(crate) user: usize,
    pub(crate) cluster: usize,
}

/// Seconds after which a full server may have room: the textbook's figure.
const RETRY_AFTER: u64 = 60;

#[derive(Default)]
struct Counts {
    node: usize,
    ips: HashMap<IpAddr, usize>,
    users: HashMap<Arc<str>, usize>,
}

/// Counts the streams of this node.
pub(crate) struct Admission {
    bounds: Bounds,
    counts: Mutex<Counts>,
    /// What the other nodes hold, as of their last beat.
    others: Mutex<Load>,
    figures: Arc<Figures>,
}

impl Admission {
    pub(crate) fn new(bounds: Bounds, figures: Arc<Figures>) -> Arc<Self> {
        Arc::new(Self {
            bounds,
            counts: Mutex::default(),
            others: Mutex::default(),
            figures,
        })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Counting cannot panic half way, so a poisoned lock still holds true counts.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A permit, or which bound is reached. Checked and counted under one lock: two clients
    /// cannot both take the last place.
    pub(crate) fn admit(
        self: &Arc<Self>,
        ip: IpAddr,
        user: Option<&str>,
    ) -> Result<Permit, Refusal> {
        let user: Option<Arc<str>> = user.map(Arc::from);
        let mut counts = self.counts();
        if let Some((reason, refusal)) = self.reached(&counts, ip, user.as_ref()) {
            self.figures.rejected(reason);
            return Err(refusal);
        }
        counts.node += 1;
        *counts.ips.entry(ip).or_default() += 1;
        if let Some(user) = &user {
            *counts.users.entry(Arc::clone(user)).or_default() += 1;
        }
        drop(counts);
        self.figures.opened();
        Ok(Permit {
            admission: Arc::clone(self),
            ip,
            user,
            reason: "client",
        })
    }

    fn reached(
        &self,
        counts: &Counts,
        ip: IpAddr,
        user: Option<&Arc<str>>,
    ) -> Option<(&'static str, Refusal)> {
        let full = |bound: usize, count: usize| bound > 0 && count >= bound;
        let of_ip = counts.ips.get(&ip).copied().unwrap_or(0);
        let of_user = user
            .and_then(|user| counts.users.get(user))
            .copied()
            .unwrap_or(0);
        let of_cluster = counts.node + self.elsewhere().streams;
        if full(self.bounds.cluster, of_cluster) {
            let error = "Too many connections on all nodes";
            return Some(("cluster", Refusal::unavailable(error, RETRY_AFTER)));
        }
        if full(self.bounds.node, counts.node) {
            return Some((
                "node",
                Refusal::unavailable("Too many connections", RETRY_AFTER),
            ));
        }
        if full(self.bounds.ip, of_ip) {
            let error = "Too many connections from this address";
            return Some(("ip", Refusal::too_many(error, RETRY_AFTER)));
        }
        let error = "Too many connections of this user";
        full(self.bounds.user, of_user).then(|| ("user", Refusal::too_many(error, RETRY_AFTER)))
    }

    fn elsewhere(&self) -> MutexGuard<'_, Load> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what the other nodes hold.
    pub(crate) fn others(&self, load: Load) {
        *self.elsewhere() = load;
        self.figures.cluster(self.load_of_all().streams);
    }

    /// Streams open now, and distinct users with one; a stream without a login counts as a user.
    pub(crate) fn load(&self) -> Load {
        let counts = self.counts();
        let anonymous = counts.node - counts.users.values().sum::<usize>();
        Load {
            streams: counts.node,
            users: counts.users.len() + anonymous,
        }
    }

    /// The same for all nodes, known to within a second.
    pub(crate) fn load_of_all(&self) -> Load {
        let (here, elsewhere) = (self.load(), *self.elsewhere());
        Load {
            streams: here.streams + elsewhere.streams,
            users: here.users + elsewhere.users,
        }
    }
}

/// One open stream, as the limits and the metrics see it.
pub(crate) struct Permit {
    admission: Arc<Admission>,
    ip: IpAddr,
    user: Option<Arc<str>>,
    /// Why the stream ends; the client leaves unless something else was said before.
    reason: &'static str,
}

impl Permit {
    pub(crate) fn ended(&mut self, reason: &'static str) {
        self.reason = reason;
    }

    pub(crate) fn sent(&self, event_type: &str) {
        self.admission.figures.sent(event_type);
    }

    /// Says how many events were waiting behind those that were just taken.
    pub(crate) fn behind(&self, events: u64) {
        self.admission.figures.lag(events);
    }

    pub(crate) fn lost(&self, reason: Reason) {
        self.admission.figures.gap(reason);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.admission.counts();
        counts.node = counts.node.saturating_sub(1);
        release(&mut counts.ips, &self.ip);
        if let Some(user) = &self.user {
            release(&mut counts.users, user);
        }
        drop(counts);
        self.admission.figures.closed(self.reason);
    }
}

/// Forgets a key with its last stream; a map that only grows is a leak.
fn release<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
