use alloc::boxed::Box;
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use futures_core::future::LocalBoxFuture;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{RequestInit, Response, Url};

use super::batch::Batch;
use super::client::{Client, GivenToken, Number, Text, milliseconds, time};
use crate::browser::{
    AttemptContext, Auth, Cause, Delivered, Lost, Observer, Options, RequestTemplate,
    SharedProvider, Source, Token,
};
use crate::connection::{Next, Verdict};
use crate::event_stream::EventStreamParser;

/// The WebAssembly half of a source. Methods take `&self` and hold no borrow while JavaScript
/// runs, so that every callback may call every method.
#[wasm_bindgen]
pub struct Core {
    source: Rc<Source<Classes>>,
}

#[wasm_bindgen]
impl Core {
    /// Starts to connect.
    #[wasm_bindgen(constructor)]
    pub fn new(client: Client) -> Result<Core, JsValue> {
        let client = Rc::new(client);
        let url = Url::new(&client.text(Text::Url))?;
        let mut options = Options::new(url, Rc::new(Template(Rc::clone(&client))));
        client.configure(
            &mut options,
            Auth::shared(Rc::new(Provider(Rc::clone(&client)))),
        );
        let source = Rc::new(Source::new(options, Classes::new(client)));
        let running = Rc::clone(&source);
        spawn_local(async move { running.run_until_closed().await });
        Ok(Core { source })
    }

    /// Does what the class asks for.
    pub fn obey(&self, command: u32) {
        match command {
            CLOSE => self.source.close(),
            RECONNECT => self.source.reconnect(),
            RESET => self.source.connection.borrow_mut().reset(),
            HEAR_COMMENTS => self.source.observer.wants_comments.set(true),
            _ => {}
        }
    }
}

// What the class asks for, by number as in client.js: each method of its own would be an export of
// its own.

/// Close for good: request, reader, timers and listeners are released.
const CLOSE: u32 = 0;
/// Connect anew, at once, with the same last event ID.
const RECONNECT: u32 = 1;
/// Forget the last event ID and the reconnection time.
const RESET: u32 = 2;
/// Let the class see comments.
const HEAR_COMMENTS: u32 = 3;

/// Hands what happens on to the class.
struct Classes {
    client: Rc<Client>,
    batch: RefCell<Batch>,
    wants_comments: Cell<bool>,
    gate: RefCell<Option<JsFuture>>,
}

impl Classes {
    fn new(client: Rc<Client>) -> Self {
        Self {
            client,
            batch: RefCell::default(),
            wants_comments: Cell::new(false),
            gate: RefCell::default(),
        }
    }

    fn error(&self, lost: &Lost) -> JsValue {
        let failure = &lost.failure;
        self.client.error(
            failure.reason.as_str(),
            &failure.message(),
            failure.status,
            lost.cause.as_ref().unwrap_or(&JsValue::UNDEFINED),
            lost.response.clone(),
        )
    }
}

impl Observer for Classes {
    fn opened(&self, response: &Response, is_resumed: bool) {
        self.client.opened(response, is_resumed);
    }

    fn received(&self, bytes: u32) {
        self.client.received(bytes);
    }

    fn deliver(&self, parser: &mut EventStreamParser, source: &Source<Self>) -> Delivered {
        // That of a stream that was left would hide that there is more to wait for.
        self.gate.replace(None);
        // Taken out, not borrowed: JavaScript runs before it is put back.
        let mut batch = self.batch.take();
        let taken = batch.take(parser, self.wants_comments.get());
        if let Some(time) = taken.reconnection_time {
            let mut connection = source.connection.borrow_mut();
            connection.set_reconnection_time(time);
            let time = connection.reconnection_time();
            drop(connection);
            self.client.set_reconnection_time(milliseconds(time));
        }
        if taken.has_event {
            source.connection.borrow_mut().event_came();
        }
        if !batch.is_empty() {
            self.client.dispatch(batch.table(parser));
        }
        self.batch.replace(batch);
        taken.delivered
    }

    fn commit(&self, source: &Source<Self>) {
        // Not what was parsed counts, but what was delivered.
        if self.batch.borrow().has_ids() {
            let last_event_id = self.client.text(Text::LastEventId);
            source
                .connection
                .borrow_mut()
                .set_last_event_id(&last_event_id);
        }
    }

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut gate = self.gate.borrow_mut();
        if gate.is_none() {
            *gate = self.client.ready().map(JsFuture::from);
        }
        let Some(waiting) = gate.as_mut() else {
            return Poll::Ready(());
        };
        let polled = Pin::new(waiting).poll(context).map(|_| ());
        if polled.is_ready() {
            *gate = None;
        }
        polled
    }

    async fn next_task(&self) {
        let _ = JsFuture::from(self.client.next_task()).await;
    }

    fn verdict(&self, lost: &Lost) -> Option<Verdict> {
        let verdict = self.client.verdict(&self.error(lost));
        match (verdict.as_bool(), verdict.as_f64()) {
            (Some(true), _) => Some(Verdict::Retry),
            (Some(false), _) => Some(Verdict::Stop),
            (_, Some(wait)) => Some(Verdict::RetryAfter(time(wait))),
            _ => None,
        }
    }

    fn failed(&self, lost: &Lost, next: Next, attempt: u32) {
        let retry_in = match next {
            Next::Wait(wait) => milliseconds(wait),
            _ => -1.0,
        };
        let is_end = lost.failure.is_ordinary_end();
        self.client
            .failed(&self.error(lost), retry_in, attempt, is_end);
    }

    fn reconnecting(&self, cause: Cause) {
        self.client.reconnecting(cause.as_str());
    }
}

struct Template(Rc<Client>);

impl RequestTemplate for Template {
    fn init(&self, context: AttemptContext) -> LocalBoxFuture<'_, Result<RequestInit, JsValue>> {
        let init = self.0.request(context.attempt, context.cause.as_str());
        Box::pin(async move { JsFuture::from(init).await.map(JsCast::unchecked_into) })
    }
}

struct Provider(Rc<Client>);

/// The class has made it a shared one already.
impl SharedProvider for Provider {
    fn token(&self, context: AttemptContext) -> LocalBoxFuture<'static, Result<Token, JsValue>> {
        let given = self.0.token(context.attempt, context.cause.as_str());
        Box::pin(async move {
            JsFuture::from(given)
                .await
                .map(|given| token(given.unchecked_ref()))
        })
    }

    fn refresh(&self, _: Duration) -> LocalBoxFuture<'static, Result<(), JsValue>> {
        let refreshed = self.0.refresh();
        Box::pin(async move { JsFuture::from(refreshed).await.map(|_| ()) })
    }

    fn can_refresh(&self) -> bool {
        self.0.is(Number::CanRefresh)
    }
}

fn token(given: &GivenToken) -> Token {
    match given.expires_at() {
        Some(expires_at) => Token::with_expiry(given.token(), time_of(expires_at)),
        None => Token::new(given.token()),
    }
}

/// Milliseconds since 1970; unlike a wait it is decades long.
fn time_of(milliseconds: f64) -> Duration {
    Duration::from_millis(milliseconds as u64)
}
