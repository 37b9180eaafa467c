//! Live metrics with an access token, in Yew: a state that follows a stream.
use authenticated_event_source::{AuthenticatedEventSource, Error};
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable};
use serde::Deserialize;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(Clone, Deserialize)]
struct Metrics {
    cpu: f64,
}

/// Puts the latest metrics into the state until the stream is over for good.
async fn follow(token: AttrValue, latest: UseStateSetter<Option<Metrics>>) -> Result<(), Error> {
    let mut source = AuthenticatedEventSource::builder("/events")
        .bearer(&*token)
        .open()?;
    while let Some(event) = source.next().await {
        let event = event?;
        if event.event_type == "metrics" {
            latest.set(event.json().ok());
        }
    }
    Ok(())
}

#[derive(Properties, PartialEq)]
struct Session {
    token: AttrValue,
}

#[component]
fn Dashboard(session: &Session) -> Html {
    let latest = use_state(|| None::<Metrics>);
    let failure = use_state(|| None::<String>);
    let (set_latest, set_failure) = (latest.setter(), failure.setter());
    use_effect_with(session.token.clone(), move |token| {
        let (stop, stopped) = AbortHandle::new_pair();
        let followed = Abortable::new(follow(token.clone(), set_latest), stopped);
        spawn_local(async move {
            if let Ok(Err(error)) = followed.await {
                set_failure.set(Some(error.to_string()));
            }
        });
        // Another token, or the component goes, and with it the source and its request.
        move || stop.abort()
    });
    html! {
        <>
            <p>{ "CPU: " }{ latest.as_ref().map_or(0.0, |metrics| metrics.cpu) }{ " %" }</p>
            <p role="alert">{ failure.as_deref() }</p>
        </>
    }
}

#[component]
fn App() -> Html {
    html! { <Dashboard token="the access token of your session" /> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
