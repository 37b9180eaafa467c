//! Stores all scripts of one fault server, and finds the script of a request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::http1_request::Request;
use super::presets::{self, Http2Fault, Params};
use super::script::Script;
use super::script_state::{Cut, ScriptState};
use crate::util::{query_pairs, random_hex};

/// The most scripts that are stored.
const MAX_SCRIPTS: usize = 10_000;
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

/// Scripts by key: the path, and for presets also the parameters.
#[derive(Default)]
pub(crate) struct ScriptStore(Mutex<HashMap<String, Arc<ScriptState>>>);

impl ScriptStore {
    fn states(&self) -> MutexGuard<'_, HashMap<String, Arc<ScriptState>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        if let Some(state) = self.states().get(key) {
            return Some(Arc::clone(state));
        }
        let path = key.split('?').next()?;
        let params = Params::new(query_pairs(request.query().unwrap_or_default()));
        let state = ScriptState::new(preset_script(path, &params)?);
        let mut states = self.states();
        if states.len() >= MAX_SCRIPTS {
            return None;
        }
        // Two concurrent first requests must share one state.
        Some(Arc::clone(states.entry(key.to_owned()).or_insert(state)))
    }

    /// Returns the fault of an HTTP/2 request, and the state whose log records the request.
    pub(crate) fn http2_fault(&self, request: &Request) -> Option<(Http2Fault, Arc<ScriptState>)> {
        let fault = presets::find_http2(request.path().strip_prefix(HTTP2)?)?;
        let key = self.key(request, "")?;
        Some((fault, self.state(&key, request)?))
    }

    /// Stores a script and returns its path, or an error if the store is full.
    pub(crate) fn add(&self, script: Script) -> Result<String, &'static str> {
        let mut states = self.states();
        if states.len() >= MAX_SCRIPTS {
            return Err("The store is full. DELETE some scripts.");
        }
        let path = format!("/fault/s/{}", random_hex(6));
        states.insert(path.clone(), ScriptState::new(script));
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
            .and_then(|key| self.states().remove(&key));
        removed.inspect(|state| state.cut(Cut::Fin)).is_some()
    }
}
