//! The task in which a source drives itself.

use alloc::boxed::Box;
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::task::{Context, Poll};

use futures_core::future::LocalBoxFuture;
use wasm_bindgen_futures::spawn_local;

/// A future that runs by itself until it ends or is stopped. Stopping drops it at once, so that
/// its request is aborted and its timer cleared before the call returns.
pub(super) struct Task {
    /// `None` while the future is polled, and after its end.
    future: RefCell<Option<LocalBoxFuture<'static, ()>>>,
    is_stopped: Cell<bool>,
}

impl Task {
    pub(super) fn spawn(future: impl Future<Output = ()> + 'static) -> Rc<Self> {
        let task = Rc::new(Self {
            future: RefCell::new(Some(Box::pin(future))),
            is_stopped: Cell::new(false),
        });
        let spawned = Rc::clone(&task);
        spawn_local(poll_fn(move |context| spawned.poll(context)));
        task
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let Some(mut future) = self.future.take() else {
            return Poll::Ready(());
        };
        let is_over = future.as_mut().poll(context).is_ready();
        // A callback of the caller may have stopped the task while it ran.
        if is_over || self.is_stopped.get() {
            return Poll::Ready(());
        }
        self.future.replace(Some(future));
        Poll::Pending
    }

    pub(super) fn stop(&self) {
        self.is_stopped.set(true);
        drop(self.future.take());
    }
}
