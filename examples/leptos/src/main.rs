//! Live metrics with an access token, in Leptos: a signal that follows a stream.
use authenticated_event_source::{AuthenticatedEventSource, Error};
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;

#[derive(Clone, Deserialize)]
struct Metrics {
    cpu: f64,
}

/// Puts the latest metrics into the signal until the stream is over for good.
async fn follow(token: String, latest: WriteSignal<Option<Metrics>>) -> Result<(), Error> {
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
fn Dashboard(token: String) -> impl IntoView {
    let (latest, set_latest) = signal(None::<Metrics>);
    let (failure, set_failure) = signal(None::<String>);
    let (stop, stopped) = AbortHandle::new_pair();
    spawn_local(async move {
        if let Ok(Err(error)) = Abortable::new(follow(token, set_latest), stopped).await {
            set_failure.set(Some(error.to_string()));
        }
    });
    // The component goes, and with it the future, the source and its request.
    on_cleanup(move || stop.abort());
    view! {
        <p>"CPU: " {move || latest.get().map(|metrics| metrics.cpu)} " %"</p>
        <p role="alert">{failure}</p>
    }
}

fn main() {
    mount_to_body(|| view! { <Dashboard token="the access token of your session".to_owned() /> });
}
