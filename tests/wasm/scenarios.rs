//! Plays the shared scenarios through the crate. `tests/lib/scenarios.mjs` plays them through the npm class.

mod course;
mod options;

use std::fmt::Write;

use authenticated_event_source::AuthenticatedEventSource;
use authenticated_event_source::browser::{State, States};
use authenticated_event_source::connection::Reason;
use futures_util::future::AbortHandle;
use futures_util::{StreamExt, stream};
use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use self::course::{Course, Retried, Scenario};
use crate::against_the_fixture::{Script, within};

const SCENARIOS: &str = include_str!("../scenarios.json");

/// Browsers allow six connections to an origin, and a scenario may use two.
const CONCURRENT: usize = 3;

#[wasm_bindgen_test]
async fn each_scenario_takes_the_course_of_its_file() {
    let scenarios = Array::from(&JSON::parse(SCENARIOS).expect("JSON"));
    let engine = engine();
    let scenarios: Vec<_> = scenarios.iter().filter(|it| runs_in(it, engine)).collect();
    assert!(scenarios.len() >= 70, "only {}", scenarios.len());
    let failures: Vec<_> = stream::iter(scenarios)
        .map(play)
        .buffer_unordered(CONCURRENT)
        .filter_map(async |failure| failure)
        .collect()
        .await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn engine() -> &'static str {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).expect("a navigator");
    let agent = Reflect::get(&navigator, &"userAgent".into()).expect("an agent");
    match agent.as_string().is_some_and(|it| it.contains("Firefox")) {
        true => "firefox",
        false => "chromium",
    }
}

fn runs_in(scenario: &JsValue, engine: &str) -> bool {
    let list = |name: &str| {
        let list = Reflect::get(scenario, &name.into()).expect("an object");
        (!list.is_undefined()).then(|| Array::from(&list))
    };
    let has = |list: Array, name: &str| list.includes(&name.into(), 0);
    list("only").is_none_or(|list| has(list, "browser"))
        && list("except").is_none_or(|list| !has(list, engine))
}

/// Plays one scenario. Returns how its course differs from the file.
async fn play(value: JsValue) -> Option<String> {
    let scenario: Scenario =
        serde_wasm_bindgen::from_value(merged(&value).into()).expect("a scenario");
    let script = Script::with(&members(&value)).await;
    let mut course = Course::default();
    let (abort, registration) = AbortHandle::new_pair();
    let builder = scenario.options.builder(script.url());
    match builder.close_when(options::aborted(registration)).open() {
        Err(error) if error.reason() == Reason::Request => course.outcome = "illegal".into(),
        Err(error) => course.outcome = error.to_string(),
        Ok(mut source) => {
            let states = source.states();
            let taking = take(&mut source, &scenario, &script, &abort, &mut course);
            within(&scenario.name, taking).await;
            course.position = source.last_event_id();
            // A source that is still open must send nothing more either.
            script.exactly(scenario.requests.len()).await;
            source.close();
            course.retried = retried(states).await;
        }
    }
    let requests = match scenario.waits_for_end() {
        true => script.ended(scenario.requests.len()).await,
        false => script.exactly(scenario.requests.len()).await,
    };
    let (expected, actual) = scenario.compare(&course, &requests);
    let mut text = String::new();
    if expected != actual {
        let name = &scenario.name;
        write!(
            text,
            "{name}:\n  expected {expected:?}\n  actual   {actual:?}"
        )
        .expect("text");
    }
    (!text.is_empty()).then_some(text)
}

/// The scenario with what differs in Rust on purpose.
fn merged(scenario: &JsValue) -> Object {
    let rust = Reflect::get(scenario, &"rust".into()).expect("an object");
    let copy = Object::assign(&Object::new(), scenario.unchecked_ref());
    Object::assign(&copy, rust.unchecked_ref())
}

/// The members that the server reads.
fn members(scenario: &JsValue) -> String {
    let mut members = Vec::new();
    for name in ["responses", "preflight"] {
        let value = Reflect::get(scenario, &name.into()).expect("an object");
        if !value.is_undefined() {
            let value = String::from(JSON::stringify(&value).expect("JSON"));
            members.push(format!(r#""{name}": {value}"#));
        }
    }
    members.join(", ")
}

/// Takes the events of a source until the scenario is over.
async fn take(
    source: &mut AuthenticatedEventSource,
    scenario: &Scenario,
    script: &Script,
    abort: &AbortHandle,
    course: &mut Course,
) {
    course.outcome = "closed".into();
    while let Some(item) = source.next().await {
        match item {
            Ok(event) => course.events.push(event),
            Err(error) => {
                course.outcome = error.reason().as_str().into();
                course.status = error.status();
                course.body = error.body().map(Into::into);
                continue;
            }
        }
        let taken = Some(course.events.len());
        if taken == scenario.reset_after {
            script.break_off().await;
        }
        if taken == scenario.reconnect_after {
            source.reconnect();
        }
        if taken == scenario.close_after {
            source.close();
        }
        if taken == scenario.abort_after {
            abort.abort();
        }
        if scenario.outcome == "open" && course.events.len() == scenario.events.len() {
            course.outcome = "open".into();
            return;
        }
    }
}

/// The failures after which another attempt followed.
async fn retried(states: States) -> Vec<Retried> {
    states
        .filter_map(async |state| match state {
            State::Waiting { error, wait, .. } => Some(Retried {
                reason: error.reason().as_str().into(),
                wait: Some(wait.as_millis() as u64),
            }),
            _ => None,
        })
        .collect()
        .await
}
