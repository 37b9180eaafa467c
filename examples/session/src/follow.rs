//! A connection that calls a function for each event, and another for each text of a banner.

use authenticated_event_source::browser::{Auth, Handle, State, States};
use authenticated_event_source::event_stream::Event;
use authenticated_event_source::{AuthenticatedEventSource, Error};
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable, Either, join, select};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use crate::Session;

/// A connection. Dropping it ends the request.
pub struct Follow {
    handle: Option<Handle>,
    stop: AbortHandle,
}

impl Follow {
    /// Connects to `/events`. `on_event` receives every event. `on_banner` receives the text for the user:
    /// an empty one while all is well.
    pub fn start(
        session: Session,
        on_event: impl Fn(Event) + 'static,
        on_banner: impl Fn(String) + 'static,
    ) -> Self {
        let (stop, stopped) = AbortHandle::new_pair();
        let source = AuthenticatedEventSource::builder("/events")
            .auth(Auth::new(session))
            .open();
        let handle = source.as_ref().ok().map(AuthenticatedEventSource::handle);
        let followed = Abortable::new(follow(source, on_event, on_banner), stopped);
        spawn_local(async {
            let _ = followed.await;
        });
        Self { handle, stop }
    }

    /// Connects without waiting for the next attempt.
    pub fn reconnect(&self) {
        if let Some(handle) = &self.handle {
            handle.reconnect();
        }
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.stop.abort();
    }
}

async fn follow(
    source: Result<AuthenticatedEventSource, Error>,
    on_event: impl Fn(Event),
    on_banner: impl Fn(String),
) {
    let failure = match source {
        Ok(source) => {
            let shown = show(source.states(), &on_banner);
            join(read(source, on_event), shown).await.0
        }
        Err(error) => Some(error),
    };
    if let Some(error) = failure {
        on_banner(error.to_string());
    }
}

/// Returns the failure that ended the stream for good.
async fn read(mut source: AuthenticatedEventSource, on_event: impl Fn(Event)) -> Option<Error> {
    while let Some(event) = source.next().await {
        match event {
            Ok(event) => on_event(event),
            Err(error) => return Some(error),
        }
    }
    None
}

/// Shows the banner of each state. During a wait, it changes every second.
async fn show(mut states: States, on_banner: impl Fn(String)) {
    let mut next = states.next().await;
    while let Some(state) = next {
        let mut elapsed = 0;
        next = loop {
            on_banner(banner(&state, elapsed));
            if !matches!(state, State::Waiting { .. }) {
                break states.next().await;
            }
            match select(states.next(), TimeoutFuture::new(1000)).await {
                Either::Left((state, _)) => break state,
                Either::Right(_) => elapsed += 1,
            }
        };
    }
}

/// The text for the user, some seconds after the state began.
pub fn banner(state: &State, elapsed: u64) -> String {
    match state {
        State::Waiting { error, wait, .. } => {
            let left = wait
                .as_millis()
                .div_ceil(1000)
                .saturating_sub(elapsed.into());
            format!("{error} Again in {left} s.")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use authenticated_event_source::connection::{Failure, Reason};

    use super::*;

    #[test]
    fn the_banner_counts_down() {
        let error = Failure::new(Reason::Network).into();
        let state = State::waiting(error, Duration::from_millis(2500));
        assert!(banner(&state, 0).ends_with("Again in 3 s."));
        assert!(banner(&state, 2).ends_with("Again in 1 s."));
        assert!(banner(&state, 9).ends_with("Again in 0 s."));
    }

    #[test]
    fn there_is_no_banner_while_all_is_well() {
        assert_eq!(banner(&State::Connecting, 0), "");
    }
}
