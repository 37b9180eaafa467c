//! A login, a live list and a banner, in Dioxus.

use std::rc::Rc;

use dioxus::prelude::*;
use example_session::{Follow, Session};

#[component]
fn App() -> Element {
    let session = use_signal(|| None::<Session>);
    match session() {
        Some(user) => rsx! { Live { user, session } },
        None => rsx! { LogIn { session } },
    }
}

#[component]
fn LogIn(mut session: Signal<Option<Session>>) -> Element {
    let mut name = use_signal(|| String::from("alice"));
    let mut failure = use_signal(String::new);
    let log_in = move |_| async move {
        match Session::log_in(name()).await {
            Ok(user) => session.set(Some(user)),
            Err(error) => failure.set(error.to_string()),
        }
    };
    rsx! {
        label { "User " input { id: "user", value: name, oninput: move |event| name.set(event.value()) } }
        button { id: "log-in", onclick: log_in, "Log in" }
        p { role: "alert", {failure} }
    }
}

#[component]
fn Live(user: Session, mut session: Signal<Option<Session>>) -> Element {
    let ids = use_signal(Vec::<String>::new);
    let banner = use_signal(String::new);
    // The value is dropped with the component, and the connection with it.
    let follow = use_hook(|| {
        Rc::new(Follow::start(
            user,
            move |event| ids.clone().push(event.last_event_id.to_string()),
            move |text| banner.clone().set(text),
        ))
    });
    rsx! {
        p { id: "banner", role: "status", {banner} }
        button { id: "reconnect", onclick: move |_| follow.reconnect(), "Try now" }
        button { id: "log-out", onclick: move |_| session.set(None), "Log out" }
        ol { for (index, id) in ids().into_iter().enumerate() { li { key: "{index}", "{id}" } } }
    }
}

fn main() {
    dioxus::launch(App);
}
