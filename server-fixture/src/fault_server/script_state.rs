//! The state of one script, from its creation to its removal.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::budget::{Budget, Reserved};
use super::http1_request::Request;
use super::request_log::RequestLog;
use super::script::{Response, Script, Then};

/// The way to close all open connections of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Fin,
    Rst,
}

struct Progress {
    log: RequestLog,
    /// The index of the next response.
    next_response: usize,
    /// The time at which this response was first used.
    first_used: Option<Instant>,
}

/// One script, its progress and its request log.
pub(crate) struct ScriptState {
    pub(crate) script: Script,
    /// The memory of the script.
    _reserved: Reserved,
    created: Instant,
    progress: Mutex<Progress>,
    /// Counts the changes of the log, so that a reader can wait for one.
    changed: watch::Sender<u64>,
    /// The last cut. A connection closes at the first cut after its beginning.
    cuts: watch::Sender<Option<Cut>>,
}

impl ScriptState {
    /// `reserved` is the memory of the script. The log reserves memory of `budget` for each request.
    pub(super) fn new(script: Script, reserved: Reserved, budget: &Budget) -> Arc<Self> {
        let progress = Progress {
            log: RequestLog::new(budget.clone()),
            next_response: 0,
            first_used: None,
        };
        Arc::new(Self {
            script,
            _reserved: reserved,
            created: Instant::now(),
            progress: Mutex::new(progress),
            changed: watch::Sender::new(0),
            cuts: watch::Sender::new(None),
        })
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        // A poisoned lock is usable: in a test, an incomplete log is better than none.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> f64 {
        (self.created.elapsed().as_secs_f64() * 10_000.0).round() / 10.0
    }

    /// Logs a request. Returns its number and its response.
    pub(crate) fn begin(&self, request: &Request) -> (u64, Option<&Response>) {
        let open = self.script.record_authorization;
        let mut progress = self.progress();
        if request.is_preflight() {
            let seq = progress.log.begin(request, None, self.now_ms(), open);
            drop(progress);
            self.notify();
            return (seq, self.script.preflight.as_ref());
        }
        let index = self.next_index(&mut progress);
        let seq = progress.log.begin(request, index, self.now_ms(), open);
        drop(progress);
        self.notify();
        (
            seq,
            index.and_then(|index| self.script.responses.get(index)),
        )
    }

    /// Returns the index of the response to the next request. Skips responses whose time is over.
    fn next_index(&self, progress: &mut Progress) -> Option<usize> {
        let responses = &self.script.responses;
        let mut index = progress.next_response;
        // If the time of all responses is over at once, the search ends after one round.
        for _ in responses {
            index = progress.next_response;
            let for_ms = responses.get(index)?.for_ms;
            let first_used = *progress.first_used.get_or_insert_with(Instant::now);
            if for_ms.is_some_and(|ms| first_used.elapsed() < Duration::from_millis(ms)) {
                return Some(index);
            }
            let is_last = index + 1 == responses.len();
            progress.next_response = match (is_last, self.script.then) {
                (false, _) => index + 1,
                (true, Then::RepeatLast) => index,
                (true, Then::StartOver) => 0,
            };
            progress.first_used = None;
            if for_ms.is_none() || progress.next_response == index {
                break;
            }
        }
        responses.get(index).map(|_| index)
    }

    pub(crate) fn end(&self, seq: u64, by: &'static str, bytes_sent: u64) {
        let at_ms = self.now_ms();
        self.progress().log.end(seq, at_ms, by, bytes_sent);
        self.notify();
    }

    fn notify(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    /// Waits until there were `requests` requests and `ended` of them have ended, or for `time_limit`.
    /// Returns false after `time_limit`.
    pub(crate) async fn wait(&self, requests: u64, ended: u64, time_limit: Duration) -> bool {
        let mut changed = self.changed.subscribe();
        let is_enough = || {
            let progress = self.progress();
            progress.log.count >= requests && progress.log.ended >= ended
        };
        // `wait_for` fails only without a sender, and the sender is in `self`.
        timeout(time_limit, changed.wait_for(|_| is_enough()))
            .await
            .is_ok()
    }

    /// Returns the log.
    pub(crate) fn log(&self, satisfied: bool) -> Value {
        let mut map = self.progress().log.to_json();
        map.insert("now_ms".into(), self.now_ms().into());
        map.insert("satisfied".into(), satisfied.into());
        Value::Object(map)
    }

    /// Returns about how many bytes the log has as JSON.
    pub(crate) fn log_size(&self) -> usize {
        self.progress().log.size()
    }

    /// Closes all open connections.
    pub(crate) fn cut(&self, how: Cut) {
        self.cuts.send_replace(Some(how));
    }

    /// Returns a receiver for the cuts from now on.
    pub(crate) fn cuts(&self) -> Cuts {
        Cuts(self.cuts.subscribe())
    }
}

/// Receives the cuts for one connection.
pub(crate) struct Cuts(watch::Receiver<Option<Cut>>);

impl Cuts {
    /// Waits for the next cut. After the removal of the script there are no further cuts, because
    /// the removal itself was one.
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
