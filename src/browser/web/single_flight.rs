//! The calls of a provider, which several sources may share.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::task::{Poll, Waker};

use wasm_bindgen_futures::spawn_local;

use crate::browser::auth::{Auth, Token};
use crate::browser::context::AttemptContext;
use crate::browser::error::SharedError;

/// The calls of a provider that several sources share. One refresh runs at a time, without a time limit,
/// because a person may be signing in.
pub(in crate::browser) type Calls = Rc<RefCell<ProviderCalls>>;

#[derive(Default)]
pub(in crate::browser) struct ProviderCalls {
    running: Option<Running<Result<bool, SharedError>>>,
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

impl Auth {
    /// Returns the token of an attempt.
    pub(super) async fn token(&self, context: AttemptContext) -> Result<Issued, SharedError> {
        let calls = Rc::clone(&self.shared.calls);
        let refreshes = calls.borrow().refreshes;
        let token = self.shared.provider.token(context);
        let call = Running::start(async move {
            let token = token.await.map_err(SharedError::from)?;
            let value = token.as_ref().map(|token| token.value.clone());
            calls.borrow_mut().issued = value;
            Ok(Issued { token, refreshes })
        });
        call.result().await
    }

    /// Replaces a rejected token, and returns whether to send the request again.
    ///
    /// 1. If a refresh is in progress, its result counts.
    /// 2. If the token was replaced since, there is nothing to do.
    /// 3. Otherwise the provider is called.
    pub(super) async fn refresh(
        &self,
        rejected: &Issued,
        context: AttemptContext,
    ) -> Result<bool, SharedError> {
        let running = self.shared.calls.borrow().running.clone();
        let refresh = match running {
            Some(running) => running,
            None if self.is_replaced(rejected) => return Ok(true),
            None => self.start_refresh(context),
        };
        refresh.result().await
    }

    fn is_replaced(&self, rejected: &Issued) -> bool {
        let calls = self.shared.calls.borrow();
        let rejected_value = rejected.token.as_ref().map(|token| &token.value);
        calls.refreshes != rejected.refreshes || calls.issued.as_ref() != rejected_value
    }

    /// Starts a refresh. It continues after its source is closed, because other sources may wait for it.
    fn start_refresh(&self, context: AttemptContext) -> Running<Result<bool, SharedError>> {
        let refreshed = self.shared.provider.on_unauthorized(context);
        let calls = Rc::clone(&self.shared.calls);
        let refresh = Running::start(async move {
            let result = refreshed.await.map_err(SharedError::from);
            let mut calls = calls.borrow_mut();
            calls.running = None;
            calls.refreshes += u32::from(matches!(result, Ok(true)));
            result
        });
        self.shared.calls.borrow_mut().running = Some(refresh.clone());
        refresh
    }
}

/// A call that runs to its end even if its result is dropped. A provider that rotates its refresh
/// token would lose the new token otherwise. Clones wait for the same result.
pub(in crate::browser) struct Running<T>(Rc<RefCell<Slot<T>>>);

struct Slot<T> {
    result: Option<T>,
    wakers: Vec<Waker>,
}

impl<T> Clone for Running<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: Clone + 'static> Running<T> {
    pub(super) fn start(work: impl Future<Output = T> + 'static) -> Self {
        let slot = Rc::new(RefCell::new(Slot {
            result: None,
            wakers: Vec::new(),
        }));
        let filled = Rc::clone(&slot);
        spawn_local(async move {
            let result = work.await;
            let wakers = {
                let mut slot = filled.borrow_mut();
                slot.result = Some(result);
                core::mem::take(&mut slot.wakers)
            };
            wakers.into_iter().for_each(Waker::wake);
        });
        Self(slot)
    }

    pub(super) fn result(self) -> impl Future<Output = T> {
        poll_fn(move |context| {
            let mut slot = self.0.borrow_mut();
            match slot.result.clone() {
                Some(result) => Poll::Ready(result),
                None => {
                    let waker = context.waker();
                    // Each poll of the same task comes here.
                    if !slot.wakers.iter().any(|it| it.will_wake(waker)) {
                        slot.wakers.push(waker.clone());
                    }
                    Poll::Pending
                }
            }
        })
    }
}
