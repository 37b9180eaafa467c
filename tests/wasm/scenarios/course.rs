//! A scenario of the file, and the course that it took.

use std::collections::BTreeMap;

use authenticated_event_source::Event;
use serde::Deserialize;

use super::options::Options;
use crate::against_the_fixture::Request;

/// A scenario without its responses, which the server reads.
#[derive(Deserialize)]
pub(super) struct Scenario {
    pub(super) name: String,
    #[serde(default)]
    pub(super) options: Options,
    pub(super) close_after: Option<usize>,
    pub(super) reconnect_after: Option<usize>,
    pub(super) abort_after: Option<usize>,
    pub(super) reset_after: Option<usize>,
    pub(super) requests: Vec<ExpectedRequest>,
    pub(super) events: Vec<ExpectedEvent>,
    retried: Option<Vec<Retried>>,
    position: Option<String>,
    status: Option<u16>,
    body: Option<String>,
    pub(super) outcome: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedRequest {
    last_event_id: Option<String>,
    authorization: Option<String>,
    method: Option<String>,
    query: Option<String>,
    body: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    ended_by: Option<String>,
}

/// The data of an event, or the members that it must have.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum ExpectedEvent {
    Data(String),
    Event {
        #[serde(rename = "type")]
        event_type: String,
        data: String,
        id: String,
    },
}

/// A failure after which another attempt followed. The wait is in milliseconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Retried {
    pub(super) reason: String,
    pub(super) wait: Option<u64>,
}

/// What happened in a scenario.
#[derive(Default)]
pub(super) struct Course {
    pub(super) events: Vec<Event>,
    pub(super) retried: Vec<Retried>,
    pub(super) position: String,
    pub(super) status: Option<u16>,
    pub(super) body: Option<String>,
    pub(super) outcome: String,
}

impl Scenario {
    pub(super) fn waits_for_end(&self) -> bool {
        self.requests.iter().any(|it| it.ended_by.is_some())
    }

    /// The facts that the scenario names: as they are in the file, and as they were.
    pub(super) fn compare(
        &self,
        course: &Course,
        requests: &[Request],
    ) -> (Vec<String>, Vec<String>) {
        let mut facts = Facts::default();
        facts.add("outcome", &self.outcome, &course.outcome);
        facts.add("events", &self.events.len(), &course.events.len());
        for (expected, event) in self.events.iter().zip(&course.events) {
            expected.compare(event, &mut facts);
        }
        facts.add("requests", &self.requests.len(), &requests.len());
        for (expected, request) in self.requests.iter().zip(requests) {
            expected.compare(request, &mut facts);
        }
        if let Some(retried) = &self.retried {
            facts.add("retries", &retried.len(), &course.retried.len());
            for (expected, actual) in retried.iter().zip(&course.retried) {
                facts.add("reason", &expected.reason, &actual.reason);
                facts.add_named("wait", expected.wait, actual.wait);
            }
        }
        let position = Some(course.position.clone());
        facts.add_named("position", self.position.clone(), position);
        facts.add_named("status", self.status, course.status);
        facts.add_named("body", self.body.clone(), course.body.clone());
        (facts.expected, facts.actual)
    }
}

impl ExpectedEvent {
    fn compare(&self, event: &Event, facts: &mut Facts) {
        match self {
            Self::Data(data) => facts.add("data", data, &event.data),
            Self::Event {
                event_type,
                data,
                id,
            } => {
                let expected = [event_type.as_str(), data, id];
                let actual = [&*event.event_type, &*event.data, &*event.last_event_id];
                facts.add("event", &expected, &actual);
            }
        }
    }
}

impl ExpectedRequest {
    fn compare(&self, request: &Request, facts: &mut Facts) {
        let id = request.last_event_id().map(Into::into);
        facts.add("last event ID", &self.last_event_id, &id);
        let authorization = request.authorization().map(Into::into);
        facts.add("authorization", &self.authorization, &authorization);
        facts.add_named("method", self.method.clone(), Some(request.method.clone()));
        let query = request
            .target
            .find('?')
            .map_or("", |at| &request.target[at..]);
        facts.add_named("query", self.query.clone(), Some(query.into()));
        facts.add_named("body", self.body.clone(), Some(request.body.clone()));
        let ended_by = request.ended_by().map(Into::into);
        facts.add_named("ended by", self.ended_by.clone(), ended_by);
        for (name, value) in self.headers.iter().flatten() {
            let mut headers = request.headers.iter();
            let found = headers.find(|(found, _)| found.eq_ignore_ascii_case(name));
            facts.add("header", &Some(value), &found.map(|(_, value)| value));
        }
    }
}

#[derive(Default)]
struct Facts {
    expected: Vec<String>,
    actual: Vec<String>,
}

impl Facts {
    fn add<T: std::fmt::Debug>(&mut self, name: &str, expected: &T, actual: &T) {
        self.expected.push(format!("{name}: {expected:?}"));
        self.actual.push(format!("{name}: {actual:?}"));
    }

    /// Adds a fact if the scenario names it.
    fn add_named<T: std::fmt::Debug>(
        &mut self,
        name: &str,
        expected: Option<T>,
        actual: Option<T>,
    ) {
        if expected.is_some() {
            self.add(name, &expected, &actual);
        }
    }
}
