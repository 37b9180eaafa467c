use alloc::boxed::Box;
use alloc::rc::Rc;
use core::cell::RefCell;

use futures_core::future::LocalBoxFuture;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use super::auth::{AttemptContext, Token, TokenProvider};

/// A provider that is asked for one refresh at a time: however many sources are refused at once,
/// all wait for the same one. It goes on when the source that started it is closed, because others
/// may have joined.
pub(super) struct SingleFlight<P> {
    provider: P,
    under_way: Rc<RefCell<Option<Promise>>>,
}

impl<P: TokenProvider> SingleFlight<P> {
    pub(super) fn new(provider: P) -> Self {
        Self {
            provider,
            under_way: Rc::default(),
        }
    }

    fn start(&self) -> Promise {
        let refreshed = self.provider.on_unauthorized();
        let under_way = Rc::clone(&self.under_way);
        let refresh = future_to_promise(async move {
            let result = refreshed.await;
            under_way.take();
            result.map(|()| JsValue::UNDEFINED)
        });
        self.under_way.replace(Some(refresh.clone()));
        refresh
    }
}

impl<P: TokenProvider> TokenProvider for SingleFlight<P> {
    fn token(&self, context: AttemptContext) -> LocalBoxFuture<'static, Result<Token, JsValue>> {
        self.provider.token(context)
    }

    fn on_unauthorized(&self) -> LocalBoxFuture<'static, Result<(), JsValue>> {
        let under_way = self.under_way.borrow().clone();
        let refresh = under_way.unwrap_or_else(|| self.start());
        Box::pin(async move { JsFuture::from(refresh).await.map(|_| ()) })
    }

    fn can_refresh(&self) -> bool {
        self.provider.can_refresh()
    }
}
