//! Where a script plays: its URL's state, from the first request to its removal.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::record::Log;
use super::script::{Response, Script, Then};
use super::wire::Request;

/// How all open connections of a stage are to be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Fin,
    Rst,
}

struct Progress {
    log: Log,
    /// The response that is next, and when it was first used.
    next: usize,
    since: Option<Instant>,
}

/// One script and everything that happened to it.
pub(crate) struct Stage {
    pub(crate) script: Script,
    born: Instant,
    progress: Mutex<Progress>,
    /// Counts changes of the log, for those who wait for one.
    changed: watch::Sender<u64>,
    /// A connection ends at the first cut after its begin.
    cuts: watch::Sender<Option<Cut>>,
}

impl Stage {
    pub(crate) fn new(script: Script) -> Arc<Self> {
        let progress = Progress {
            log: Log::default(),
            next: 0,
            since: None,
        };
        Arc::new(Self {
            script,
            born: Instant::now(),
            progress: Mutex::new(progress),
            changed: watch::Sender::new(0),
            cuts: watch::Sender::new(None),
        })
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        // A log with half an entry is still worth reading.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> f64 {
        (self.born.elapsed().as_secs_f64() * 10_000.0).round() / 10.0
    }

    /// Notes a request and gives its number and the response that is its turn.
    pub(crate) fn begin(&self, request: &Request) -> (u64, Option<Response>) {
        let open = self.script.record_authorization;
        let mut progress = self.progress();
        if request.is_preflight() {
            let seq = progress.log.begin(request, None, self.now_ms(), open);
            drop(progress);
            self.note();
            return (seq, self.script.preflight.clone());
        }
        let index = self.turn(&mut progress);
        let seq = progress.log.begin(request, index, self.now_ms(), open);
        drop(progress);
        self.note();
        (
            seq,
            index
                .and_then(|index| self.script.responses.get(index))
                .cloned(),
        )
    }

    fn turn(&self, progress: &mut Progress) -> Option<usize> {
        let index = progress.next;
        let response = self.script.responses.get(index)?;
        let since = *progress.since.get_or_insert_with(Instant::now);
        let is_held = |ms| since.elapsed() < Duration::from_millis(ms);
        if response.for_ms.is_some_and(is_held) {
            return Some(index);
        }
        let is_last = index + 1 == self.script.responses.len();
        progress.next = match (is_last, self.script.then) {
            (false, _) => index + 1,
            (true, Then::RepeatLast) => index,
            (true, Then::StartOver) => 0,
        };
        progress.since = None;
        if response.for_ms.is_some() && progress.next != index {
            return self.turn(progress);
        }
        Some(index)
    }

    pub(crate) fn end(&self, seq: u64, by: &'static str, bytes_sent: u64) {
        let at_ms = self.now_ms();
        self.progress().log.end(seq, at_ms, by, bytes_sent);
        self.note();
    }

    fn note(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    /// The log, as soon as there were `requests` requests of which `ended` have ended, or when
    /// the patience is over. The member `satisfied` tells which.
    pub(crate) async fn log(&self, requests: u64, ended: u64, patience: Duration) -> Value {
        let mut changed = self.changed.subscribe();
        let is_enough = || {
            let progress = self.progress();
            progress.log.count >= requests && progress.log.ended >= ended
        };
        // The sender lives in `self`, so waiting ends with a change or with the time.
        let satisfied = timeout(patience, changed.wait_for(|_| is_enough()))
            .await
            .is_ok();
        let mut map = self.progress().log.to_json();
        map.insert("now_ms".into(), self.now_ms().into());
        map.insert("satisfied".into(), satisfied.into());
        Value::Object(map)
    }

    /// Ends all open connections.
    pub(crate) fn cut(&self, how: Cut) {
        self.cuts.send_replace(Some(how));
    }

    /// The cuts from this call on.
    pub(crate) fn cuts(&self) -> Cuts {
        Cuts(self.cuts.subscribe())
    }
}

/// The cuts that one connection is subject to.
pub(crate) struct Cuts(watch::Receiver<Option<Cut>>);

impl Cuts {
    /// Waits for the next one; for ever if the script is gone, because its removal was a cut.
    pub(crate) async fn next(mut self) -> Cut {
        loop {
            if self.0.changed().await.is_err() {
                return std::future::pending().await;
            }
            if let Some(how) = *self.0.borrow_and_update() {
                return how;
            }
        }
    }
}
