//! One refresh of the credentials for all sources that wait for it.

use alloc::boxed::Box;
use alloc::rc::Rc;
use core::cell::RefCell;

use futures_core::future::LocalBoxFuture;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use super::auth::{AttemptContext, Token, TokenProvider};
use super::sys;
use crate::connection::Millis;

/// A provider that is shared by several sources. If several receive a 401 at the same time, all wait
/// for one refresh.
pub(super) struct SingleFlight {
    provider: Box<dyn TokenProvider>,
    under_way: Rc<RefCell<Option<UnderWay>>>,
}

#[derive(Clone)]
struct UnderWay {
    refresh: Promise,
    since: Millis,
}

impl SingleFlight {
    pub(super) fn new(provider: Box<dyn TokenProvider>) -> Self {
        Self {
            provider,
            under_way: Rc::default(),
        }
    }

    pub(super) fn token(
        &self,
        context: AttemptContext,
    ) -> LocalBoxFuture<'static, Result<Token, JsValue>> {
        self.provider.token(context)
    }

    pub(super) fn can_refresh(&self) -> bool {
        self.provider.can_refresh()
    }

    /// Waits for the refresh in progress, otherwise starts one. A refresh that takes longer than
    /// `timeout` counts as hanging, and a new one replaces it.
    pub(super) async fn refresh(&self, timeout: Millis) -> Result<(), JsValue> {
        let under_way = self.under_way.borrow().clone();
        let UnderWay { refresh, .. } = under_way
            .filter(|refresh| sys::now().saturating_sub(refresh.since) < timeout)
            .unwrap_or_else(|| self.start());
        JsFuture::from(refresh).await.map(|_| ())
    }

    /// Starts a refresh. It continues after its source is closed, because other sources may wait for it.
    fn start(&self) -> UnderWay {
        let since = sys::now();
        let refreshed = self.provider.on_unauthorized();
        let under_way = Rc::clone(&self.under_way);
        let refresh = future_to_promise(async move {
            let result = refreshed.await;
            // A new refresh may have replaced this one.
            under_way
                .borrow_mut()
                .take_if(|latest| latest.since == since);
            result.map(|()| JsValue::UNDEFINED)
        });
        let started = UnderWay { refresh, since };
        self.under_way.replace(Some(started.clone()));
        started
    }
}
