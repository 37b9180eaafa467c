//! A login, a live list and a banner, in Leptos.

use example_session::{Follow, Session};
use leptos::prelude::*;
use leptos::task::spawn_local;

#[component]
fn App() -> impl IntoView {
    let session = RwSignal::new_local(None::<Session>);
    view! {
        {move || match session.get() {
            Some(user) => view! { <Live user session /> }.into_any(),
            None => view! { <LogIn session /> }.into_any(),
        }}
    }
}

#[component]
fn LogIn(session: RwSignal<Option<Session>, LocalStorage>) -> impl IntoView {
    let name = RwSignal::new(String::from("alice"));
    let failure = RwSignal::new(String::new());
    let log_in = move |_| {
        spawn_local(async move {
            match Session::log_in(name.get_untracked()).await {
                Ok(user) => session.set(Some(user)),
                Err(error) => failure.set(error.to_string()),
            }
        });
    };
    view! {
        <label>"User " <input id="user" bind:value=name /></label>
        <button id="log-in" on:click=log_in>"Log in"</button>
        <p role="alert">{failure}</p>
    }
}

#[component]
fn Live(user: Session, session: RwSignal<Option<Session>, LocalStorage>) -> impl IntoView {
    let ids = RwSignal::new(Vec::<String>::new());
    let banner = RwSignal::new(String::new());
    // The value is dropped with the component, and the connection with it.
    let follow = StoredValue::new_local(Follow::start(
        user,
        move |event| ids.update(|ids| ids.push(event.last_event_id.to_string())),
        move |text| banner.set(text),
    ));
    view! {
        <p id="banner" role="status">{banner}</p>
        <button id="reconnect" on:click=move |_| follow.with_value(Follow::reconnect)>"Try now"</button>
        <button id="log-out" on:click=move |_| session.set(None)>"Log out"</button>
        <ol><For each=move || ids.get().into_iter().enumerate() key=|(index, _)| *index let((_, id))><li>{id}</li></For></ol>
    }
}

fn main() {
    mount_to_body(App);
}
