//! The calls of a provider, which several sources may share.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::task::{Poll, Waker};

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

use super::auth::{AttemptContext, Token, TokenProvider};

/// A provider that is shared by several sources. One refresh runs at a time, without a time limit,
/// because a person may be signing in.
pub(super) struct SingleFlight {
    provider: Box<dyn TokenProvider>,
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    running: Option<Promise>,
    /// The value of the latest token.
    issued: Option<String>,
    /// How many refreshes have succeeded.
    refreshes: u32,
}

/// What a source has received from its provider.
#[derive(Clone, Default)]
pub(super) struct Issued {
    pub(super) token: Option<Token>,
    /// How many refreshes had succeeded when the provider was called.
    refreshes: u32,
}

impl SingleFlight {
    pub(super) fn new(provider: Box<dyn TokenProvider>) -> Self {
        Self {
            provider,
            state: Rc::default(),
        }
    }

    pub(super) fn can_refresh(&self) -> bool {
        self.provider.can_refresh()
    }

    pub(super) fn has_refresh(&self) -> bool {
        self.provider.has_refresh()
    }

    /// Returns the token of an attempt.
    pub(super) async fn token(&self, context: AttemptContext) -> Result<Issued, JsValue> {
        let refreshes = self.state.borrow().refreshes;
        let token = self.provider.token(context);
        let state = Rc::clone(&self.state);
        run_to_completion(async move {
            let token = token.await?;
            let value = token.as_ref().map(|token| token.value.clone());
            state.borrow_mut().issued = value;
            Ok(Issued { token, refreshes })
        })
        .await
    }

    /// Replaces a rejected token, and returns whether to send the request again.
    ///
    /// 1. If a refresh is in progress, its result counts.
    /// 2. If the token was replaced since, there is nothing to do.
    /// 3. Otherwise the provider is called.
    pub(super) async fn refresh(&self, rejected: &Issued) -> Result<bool, JsValue> {
        let running = self.state.borrow().running.clone();
        let refresh = match running {
            Some(running) => running,
            None if self.is_replaced(rejected) => return Ok(true),
            None => self.start(),
        };
        Ok(JsFuture::from(refresh).await?.is_truthy())
    }

    fn is_replaced(&self, rejected: &Issued) -> bool {
        let state = self.state.borrow();
        let rejected_value = rejected.token.as_ref().map(|token| &token.value);
        state.refreshes != rejected.refreshes || state.issued.as_ref() != rejected_value
    }

    /// Starts a refresh. It continues after its source is closed, because other sources may wait for it.
    fn start(&self) -> Promise {
        let refreshed = self.provider.on_unauthorized();
        let state = Rc::clone(&self.state);
        let refresh = future_to_promise(async move {
            let result = refreshed.await;
            let mut state = state.borrow_mut();
            state.running = None;
            state.refreshes += u32::from(matches!(result, Ok(true)));
            result.map(JsValue::from)
        });
        self.state.borrow_mut().running = Some(refresh.clone());
        refresh
    }
}

/// The result of a call that runs to completion.
struct Slot<T> {
    result: Option<T>,
    waker: Option<Waker>,
}

/// Runs the future to its end even if the returned future is dropped. A provider that rotates its
/// refresh token would lose the new token otherwise.
fn run_to_completion<T: 'static>(
    work: impl Future<Output = T> + 'static,
) -> impl Future<Output = T> {
    let slot = Rc::new(RefCell::new(Slot {
        result: None,
        waker: None,
    }));
    let filled = Rc::clone(&slot);
    spawn_local(async move {
        let result = work.await;
        let waker = {
            let mut slot = filled.borrow_mut();
            slot.result = Some(result);
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    });
    poll_fn(move |context| {
        let mut slot = slot.borrow_mut();
        if let Some(result) = slot.result.take() {
            return Poll::Ready(result);
        }
        slot.waker = Some(context.waker().clone());
        Poll::Pending
    })
}
