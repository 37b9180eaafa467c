//! What a client got, as it came.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use serde::Serialize;
use serde_json::Value;

/// Reconnects that are remembered one by one.
const RETURNS: usize = 16;

/// Everything about one client. The list of its ids is kept as runs of consecutive ones, which says
/// the same in a few bytes: whatever is lost, repeated or out of order begins another run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Ledger {
    pub(crate) name: String,
    /// Epoch, first and last sequence.
    runs: Vec<(u64, u64, u64)>,
    /// The `gap` events, each with the number of runs before it.
    gaps: Vec<(usize, Value)>,
    /// The newest id.
    pub(crate) last: String,
    /// Events whose data is not what was published.
    damaged: u32,
    pub(crate) connections: u32,
    pub(crate) renewals: u32,
    /// Failures by reason.
    pub(crate) failures: BTreeMap<&'static str, u32>,
    /// Why it is over, although nobody closed it.
    pub(crate) stopped: Option<String>,
    returns: VecDeque<Return>,
}

/// One reconnect; times in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Return {
    pub(crate) lost_at: f64,
    pub(crate) attempted_at: f64,
    /// The reconnection time, and the number of this retry in a row.
    pub(crate) base: f64,
    pub(crate) retry: u32,
}

impl Ledger {
    pub(crate) fn event(&mut self, id: &str, data: &str) {
        self.damaged += u32::from(!is_whole(data));
        id.clone_into(&mut self.last);
        let (epoch, seq) = id.split_once('-').expect("an id of the server");
        let (epoch, seq) = (epoch.parse().unwrap(), seq.parse().unwrap());
        let is_after_gap = self.gaps.last().is_some_and(|gap| gap.0 == self.runs.len());
        match self.runs.last_mut() {
            Some(run) if run.0 == epoch && run.2 + 1 == seq && !is_after_gap => run.2 = seq,
            _ => self.runs.push((epoch, seq, seq)),
        }
    }

    pub(crate) fn gap(&mut self, data: &str) {
        let gap = serde_json::from_str(data).unwrap_or_default();
        self.gaps.push((self.runs.len(), gap));
    }

    pub(crate) fn returned(&mut self, back: Return) {
        self.returns.truncate(RETURNS - 1);
        self.returns.push_front(back);
    }
}

/// The publisher writes a number, a colon, and as many letters as the number's last two digits say.
fn is_whole(data: &str) -> bool {
    data.split_once(':').is_some_and(|(number, rest)| {
        number
            .parse::<usize>()
            .is_ok_and(|number| rest.len() == number % 100)
    })
}

/// A ledger that its client writes and this program reads.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    ledger: Mutex<Ledger>,
    open: AtomicBool,
}

impl Shared {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    pub(crate) fn set_open(&self, is_open: bool) {
        self.open.store(is_open, Ordering::Relaxed);
    }
}
