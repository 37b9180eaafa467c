//! Stores all scripts of one fault server, and finds the script of a request.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::budget::Budget;
use super::http1_request::Request;
use super::presets::{self, Http2Fault, Params};
use super::script::Script;
use super::script_state::{Cut, ScriptState};
use crate::util::{query_pairs, random_hex};

/// The most scripts that are stored.
const MAX_SCRIPTS: usize = 10_000;
/// The memory of all scripts and their request logs, in bytes.
const MAX_BYTES: usize = 256 * 1024 * 1024;
/// The memory of requests and responses that are in progress, in bytes: the bodies of new scripts, logs
/// that are being sent, and copies of texts.
const MAX_TRANSIENT_BYTES: usize = 64 * 1024 * 1024;
/// Query parameters of the client or of the request log. They do not select another script.
const IGNORED_PARAMS: [&str; 7] = [
    "last_event_id",
    "lastEventId",
    "token",
    "wait",
    "ended",
    "timeout",
    "how",
];

/// The path of the HTTP/2 faults.
const HTTP2: &str = "/fault/h2/";
/// The path of the presets.
const PRESETS: &str = "/fault/p/";

/// Returns whether this is the path of a preset or of an HTTP/2 fault.
fn is_preset(path: &str) -> bool {
    let is = |prefix, exists: fn(&str) -> bool| path.strip_prefix(prefix).is_some_and(exists);
    is(HTTP2, |name| presets::find_http2(name).is_some())
        || is(PRESETS, |name| presets::find(name).is_some())
}

/// Returns the script of a preset or of an HTTP/2 fault.
fn preset_script(path: &str, params: &Params) -> Option<Script> {
    if let Some(name) = path.strip_prefix(HTTP2) {
        return presets::find_http2(name).map(|_| presets::http_version_not_supported());
    }
    let name = path.strip_prefix(PRESETS)?;
    presets::find(name)?.script(params).ok()
}

/// The destination of a request.
pub(crate) enum Route {
    Play(Arc<ScriptState>),
    Admin,
}

/// All scripts, by the path, and for presets also the parameters.
#[derive(Default)]
struct States {
    by_key: HashMap<String, Arc<ScriptState>>,
    /// The keys of presets, oldest first. A removed preset may still be in this list.
    presets: VecDeque<String>,
}

impl States {
    /// Removes the oldest preset, which is created again when it is requested. Returns false if
    /// there is none.
    fn remove_oldest_preset(&mut self) -> bool {
        let oldest = self.presets.pop_front();
        oldest.is_some_and(|key| {
            self.by_key.remove(&key);
            true
        })
    }

    /// Stores a state. Makes room by removing presets. Returns `None` if there is still no room.
    fn insert(&mut self, key: &str, script: Script, budget: &Budget) -> Option<Arc<ScriptState>> {
        while self.by_key.len() >= MAX_SCRIPTS && self.remove_oldest_preset() {}
        if self.by_key.len() >= MAX_SCRIPTS {
            return None;
        }
        // The list of presets has another copy of the key.
        let size = script.size() + 2 * key.len();
        while budget.reserve(size).is_none() && self.remove_oldest_preset() {}
        let state = ScriptState::new(script, budget.reserve(size)?, budget);
        self.by_key.insert(key.to_owned(), Arc::clone(&state));
        Some(state)
    }
}

/// Stores scripts within the limits.
pub(crate) struct ScriptStore {
    states: Mutex<States>,
    budget: Budget,
    /// For what lasts no longer than a connection.
    pub(crate) transient: Budget,
}

impl Default for ScriptStore {
    fn default() -> Self {
        Self {
            states: Mutex::default(),
            budget: Budget::new(MAX_BYTES),
            transient: Budget::new(MAX_TRANSIENT_BYTES),
        }
    }
}

impl ScriptStore {
    fn states(&self) -> MutexGuard<'_, States> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn find(&self, request: &Request) -> Route {
        match self.key(request, "") {
            // DELETE removes the script, so it is not a request to the script.
            _ if request.method == "DELETE" => Route::Admin,
            Some(key) => self.state(&key, request).map_or(Route::Admin, Route::Play),
            None => Route::Admin,
        }
    }

    /// Returns the key of a request to `<URL of a script><suffix>`.
    fn key(&self, request: &Request, suffix: &str) -> Option<String> {
        let path = request.path().strip_suffix(suffix)?;
        if let Some(id) = path.strip_prefix("/fault/s/") {
            return (!id.is_empty() && !id.contains('/')).then(|| path.to_owned());
        }
        if !is_preset(path) {
            return None;
        }
        let mut own = query_pairs(request.query().unwrap_or_default());
        own.retain(|(key, _)| !IGNORED_PARAMS.contains(&key.as_str()));
        own.sort();
        let query: Vec<_> = own
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        Some(format!("{path}?{}", query.join("&")))
    }

    /// Returns the state of a key. The state of a preset is created at its first request.
    fn state(&self, key: &str, request: &Request) -> Option<Arc<ScriptState>> {
        // Two concurrent first requests must share one state, so the lock is held.
        let mut states = self.states();
        if let Some(state) = states.by_key.get(key) {
            return Some(Arc::clone(state));
        }
        let path = key.split('?').next()?;
        let params = Params::new(query_pairs(request.query().unwrap_or_default()));
        let script = preset_script(path, &params)?;
        let state = states.insert(key, script, &self.budget)?;
        states.presets.push_back(key.to_owned());
        // Keys of presets that were removed by a request must not fill the memory.
        while states.presets.len() > 2 * MAX_SCRIPTS {
            states.remove_oldest_preset();
        }
        Some(state)
    }

    /// Returns the fault of an HTTP/2 request, and the state whose log records the request.
    pub(crate) fn http2_fault(&self, request: &Request) -> Option<(Http2Fault, Arc<ScriptState>)> {
        let fault = presets::find_http2(request.path().strip_prefix(HTTP2)?)?;
        let key = self.key(request, "")?;
        Some((fault, self.state(&key, request)?))
    }

    /// Stores a script and returns its path, or an error if the store is full.
    pub(crate) fn add(&self, script: Script) -> Result<String, &'static str> {
        let path = format!("/fault/s/{}", random_hex(6));
        let stored = self.states().insert(&path, script, &self.budget);
        stored.ok_or("The store is full. DELETE some scripts.")?;
        Ok(path)
    }

    /// Returns the state of a request to `<URL of a script><suffix>`, for example its log.
    pub(crate) fn find_by(&self, request: &Request, suffix: &str) -> Option<Arc<ScriptState>> {
        let key = self.key(request, suffix)?;
        self.state(&key, request)
    }

    /// Removes a script and closes its connections.
    pub(crate) fn remove(&self, request: &Request) -> bool {
        let removed = self
            .key(request, "")
            .and_then(|key| self.states().by_key.remove(&key));
        removed.inspect(|state| state.cut(Cut::Fin)).is_some()
    }
}
