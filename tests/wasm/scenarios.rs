//! Runs the shared scenarios through the crate. `scenarios.test.mjs` runs them through the npm class.

use authenticated_event_source::browser::Builder;
use authenticated_event_source::connection::Retry;
use futures_util::StreamExt;
use js_sys::{Array, JSON, Reflect};
use serde::Deserialize;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::against_the_fixture::{Script, cursors, tokens};

const SCENARIOS: &str = include_str!("../scenarios.json");

/// A scenario without its responses, which the server reads.
#[derive(Deserialize)]
struct Scenario {
    name: String,
    #[serde(default)]
    options: Options,
    requests: Vec<Expected>,
    events: Vec<String>,
    outcome: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Options {
    method: Option<String>,
    retry: Option<NamedPolicy>,
    token: Option<String>,
    last_event_id: Option<String>,
    max_event_size: Option<usize>,
    until: Option<String>,
}

/// The retry policies that have a name in the file. Another name is an error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum NamedPolicy {
    Spec,
}

#[derive(Deserialize)]
struct Expected {
    last_event_id: Option<String>,
    authorization: Option<String>,
}

impl Options {
    /// A method other than GET has the default policy.
    fn apply(self, script: &Script) -> Builder {
        let mut builder = match self.method {
            Some(method) => script.source().method(method).retry(Retry::never()),
            None => script.source(),
        };
        if let Some(NamedPolicy::Spec) = self.retry {
            builder = builder.retry(Retry::spec());
        }
        if let Some(token) = self.token {
            builder = builder.bearer(token);
        }
        if let Some(id) = self.last_event_id {
            builder = builder.last_event_id(id);
        }
        if let Some(size) = self.max_event_size {
            builder = builder.max_event_size(size);
        }
        match self.until {
            Some(data) => builder.until(data),
            None => builder,
        }
    }
}

async fn run(value: &JsValue) {
    let scenario: Scenario = serde_wasm_bindgen::from_value(value.clone()).expect("a scenario");
    let name = scenario.name;
    let responses = Reflect::get(value, &"responses".into()).expect("responses");
    let responses: Vec<String> = Array::from(&responses)
        .iter()
        .map(|response| JSON::stringify(&response).expect("JSON").into())
        .collect();
    let responses: Vec<_> = responses.iter().map(String::as_str).collect();
    let script = Script::of(&responses).await;
    let mut source = scenario.options.apply(&script).open().expect("a source");
    let mut events = Vec::new();
    let mut outcome = "closed";
    while let Some(item) = source.next().await {
        match item {
            Ok(event) => events.push(event.data),
            Err(error) => outcome = error.reason().as_str(),
        }
        if scenario.outcome == "open" && events.len() == scenario.events.len() {
            outcome = "open";
            break;
        }
    }
    assert_eq!(
        (events, outcome),
        (scenario.events, &*scenario.outcome),
        "{name}"
    );
    let requests = script.exactly(scenario.requests.len()).await;
    let expected = scenario.requests.iter();
    let ids: Vec<_> = expected
        .clone()
        .map(|it| it.last_event_id.as_deref())
        .collect();
    assert_eq!(cursors(&requests), ids, "{name}");
    let authorizations: Vec<_> = expected
        .map(|it| it.authorization.as_deref().unwrap_or_default())
        .collect();
    assert_eq!(tokens(&requests), authorizations, "{name}");
}

#[wasm_bindgen_test]
async fn each_scenario_has_the_requests_events_and_outcome_of_its_file() {
    let scenarios = Array::from(&JSON::parse(SCENARIOS).expect("JSON"));
    assert!(scenarios.length() >= 12);
    let scenarios: Vec<_> = scenarios.iter().collect();
    futures_util::future::join_all(scenarios.iter().map(run)).await;
}
