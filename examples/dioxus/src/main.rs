//! Live metrics with an access token, in Dioxus: a signal that follows a stream.
use authenticated_event_source::{AuthenticatedEventSource, Error};
use dioxus::prelude::*;
use futures_util::StreamExt;
use serde::Deserialize;

#[derive(Clone, Deserialize)]
struct Metrics {
    cpu: f64,
}

/// Puts the latest metrics into the signal until the stream is over for good.
async fn follow(token: String, mut latest: Signal<Option<Metrics>>) -> Result<(), Error> {
    let mut source = AuthenticatedEventSource::builder("/events")
        .bearer(token)
        .open()?;
    while let Some(event) = source.next().await {
        let event = event?;
        if event.event_type == "metrics" {
            latest.set(event.json().ok());
        }
    }
    Ok(())
}

#[component]
fn Dashboard(token: String) -> Element {
    let latest = use_signal(|| None::<Metrics>);
    // The component goes, and with it the future, the source and its request.
    let followed = use_resource(move || follow(token.clone(), latest));
    let failure = match &*followed.read() {
        Some(Err(error)) => error.to_string(),
        _ => String::new(),
    };
    let cpu = latest.read().as_ref().map_or(0.0, |metrics| metrics.cpu);
    rsx! {
        p { "CPU: {cpu} %" }
        p { role: "alert", "{failure}" }
    }
}

fn main() {
    dioxus::launch(|| rsx! { Dashboard { token: "the access token of your session" } });
}
