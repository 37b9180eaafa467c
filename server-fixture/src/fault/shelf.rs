//! All scripts of one responder, and which of them a request is for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::http2::{Fault, over_http1};
use super::presets::{self, Params};
use super::script::Script;
use super::stage::{Cut, Stage};
use super::wire::Request;
use crate::text::{pairs, random_hex};

/// Scripts kept; beyond that, one that has no place is refused.
const MAX_STAGES: usize = 10_000;
/// Query parameters of a preset's URL that belong to the client or to the log, not to the preset.
const FOREIGN: [&str; 7] = [
    "last_event_id",
    "lastEventId",
    "token",
    "wait",
    "ended",
    "timeout",
    "how",
];

/// Where the faults of HTTP/2 are.
const HTTP2: &str = "/fault/h2/";
/// Where the presets are.
const PRESETS: &str = "/fault/p/";

/// Whether this is a preset's URL, or that of a fault of HTTP/2.
fn is_plain(path: &str) -> bool {
    let is = |prefix, exists: fn(&str) -> bool| path.strip_prefix(prefix).is_some_and(exists);
    is(HTTP2, |name| Fault::named(name).is_some())
        || is(PRESETS, |name| presets::find(name).is_some())
}

/// The script that such a URL stands for.
fn script(path: &str, params: &Params) -> Option<Script> {
    if let Some(name) = path.strip_prefix(HTTP2) {
        return Fault::named(name).map(|_| over_http1());
    }
    let name = path.strip_prefix(PRESETS)?;
    presets::find(name)?.script(params).ok()
}

/// What a request is for.
pub(crate) enum Target {
    Play(Arc<Stage>),
    Control,
}

/// Scripts by their key: the path, and for presets also the parameters.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<HashMap<String, Arc<Stage>>>);

impl Shelf {
    fn stages(&self) -> MutexGuard<'_, HashMap<String, Arc<Stage>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn find(&self, request: &Request) -> Target {
        match self.key(request, "") {
            // The one method that is not for the script: it ends it.
            _ if request.method == "DELETE" => Target::Control,
            Some(key) => self
                .stage(&key, request)
                .map_or(Target::Control, Target::Play),
            None => Target::Control,
        }
    }

    /// The key of a request to `<script's URL><suffix>`, `None` if it is not of this form.
    fn key(&self, request: &Request, suffix: &str) -> Option<String> {
        let path = request.path().strip_suffix(suffix)?;
        if let Some(id) = path.strip_prefix("/fault/s/") {
            return (!id.is_empty() && !id.contains('/')).then(|| path.to_owned());
        }
        if !is_plain(path) {
            return None;
        }
        let mut own = pairs(request.query().unwrap_or_default());
        own.retain(|(key, _)| !FOREIGN.contains(&key.as_str()));
        own.sort();
        let query: Vec<_> = own
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        Some(format!("{path}?{}", query.join("&")))
    }

    /// The stage of a key; a preset's is made at its first request.
    fn stage(&self, key: &str, request: &Request) -> Option<Arc<Stage>> {
        if let Some(stage) = self.stages().get(key) {
            return Some(Arc::clone(stage));
        }
        let path = key.split('?').next()?;
        let params = Params::new(pairs(request.query().unwrap_or_default()));
        let stage = Stage::new(script(path, &params)?);
        let mut stages = self.stages();
        if stages.len() >= MAX_STAGES {
            return None;
        }
        // Two first requests at once must share one stage.
        Some(Arc::clone(stages.entry(key.to_owned()).or_insert(stage)))
    }

    /// The fault that a request over HTTP/2 is for, and where it is noted.
    pub(crate) fn http2_fault(&self, request: &Request) -> Option<(Fault, Arc<Stage>)> {
        let fault = Fault::named(request.path().strip_prefix(HTTP2)?)?;
        let key = self.key(request, "")?;
        Some((fault, self.stage(&key, request)?))
    }

    /// Stores a script; gives its path, or why there is no room.
    pub(crate) fn add(&self, script: Script) -> Result<String, &'static str> {
        let mut stages = self.stages();
        if stages.len() >= MAX_STAGES {
            return Err("there are too many scripts: DELETE some");
        }
        let path = format!("/fault/s/{}", random_hex(6));
        stages.insert(path.clone(), Stage::new(script));
        Ok(path)
    }

    /// The stage whose log, cut or such is asked for by `suffix` after its URL.
    pub(crate) fn find_by(&self, request: &Request, suffix: &str) -> Option<Arc<Stage>> {
        let key = self.key(request, suffix)?;
        self.stage(&key, request)
    }

    /// Forgets a script and closes its sockets.
    pub(crate) fn remove(&self, request: &Request) -> bool {
        let removed = self
            .key(request, "")
            .and_then(|key| self.stages().remove(&key));
        removed.inspect(|stage| stage.cut(Cut::Fin)).is_some()
    }
}
