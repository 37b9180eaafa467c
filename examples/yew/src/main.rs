//! A login, a live list and a banner, in Yew.

use std::rc::Rc;

use example_session::{Follow, Session};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[component]
fn App() -> Html {
    let session = use_state(|| None::<Session>);
    let on_change = {
        let session = session.setter();
        Callback::from(move |next| session.set(next))
    };
    match &*session {
        Some(session) => html! { <Live session={session.clone()} {on_change} /> },
        None => html! { <LogIn {on_change} /> },
    }
}

#[derive(Properties, PartialEq)]
struct LogInProperties {
    on_change: Callback<Option<Session>>,
}

#[component]
fn LogIn(properties: &LogInProperties) -> Html {
    let name = use_node_ref();
    let failure = use_state(String::new);
    let on_click = {
        let (name, failure) = (name.clone(), failure.setter());
        let on_change = properties.on_change.clone();
        move |_| {
            let user = name.cast::<HtmlInputElement>().map(|input| input.value());
            let (failure, on_change) = (failure.clone(), on_change.clone());
            spawn_local(async move {
                match Session::log_in(user.unwrap_or_default()).await {
                    Ok(session) => on_change.emit(Some(session)),
                    Err(error) => failure.set(error.to_string()),
                }
            });
        }
    };
    html! {
        <>
            <label>{ "User " }<input id="user" ref={name} value="alice" /></label>
            <button id="log-in" onclick={on_click}>{ "Log in" }</button>
            <p role="alert">{ (*failure).clone() }</p>
        </>
    }
}

/// The ids of the events. Adding to it never overwrites an event that came at the same time.
#[derive(Default, PartialEq)]
struct Ids(Vec<String>);

impl Reducible for Ids {
    type Action = String;

    fn reduce(self: Rc<Self>, id: String) -> Rc<Self> {
        let mut ids = self.0.clone();
        ids.push(id);
        Rc::new(Self(ids))
    }
}

#[derive(Properties, PartialEq)]
struct LiveProperties {
    session: Session,
    on_change: Callback<Option<Session>>,
}

#[component]
fn Live(LiveProperties { session, on_change }: &LiveProperties) -> Html {
    let ids = use_reducer(Ids::default);
    let banner = use_state(String::new);
    let follow = use_mut_ref(|| None::<Follow>);
    {
        let (add, banner, follow) = (ids.dispatcher(), banner.setter(), follow.clone());
        use_effect_with(session.clone(), move |session| {
            let on_event = move |event: authenticated_event_source::Event| {
                add.dispatch(event.last_event_id.to_string());
            };
            let started = Follow::start(session.clone(), on_event, move |text| banner.set(text));
            follow.replace(Some(started));
            // Another session, or the component goes, and with it the connection.
            move || drop(follow.take())
        });
    }
    let reconnect = move |_| {
        if let Some(follow) = &*follow.borrow() {
            follow.reconnect();
        }
    };
    html! {
        <>
            <p id="banner" role="status">{ (*banner).clone() }</p>
            <button id="reconnect" onclick={reconnect}>{ "Try now" }</button>
            <button id="log-out" onclick={on_change.reform(|_| None)}>{ "Log out" }</button>
            <ol>{ for ids.0.iter().map(|id| html! { <li>{ id }</li> }) }</ol>
        </>
    }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
