//! The connection of a source, as its stream and its handles use it.

use alloc::rc::{Rc, Weak};
use alloc::string::String;
use core::task::{Context, Poll};
use core::time::Duration;

use futures_core::future::LocalBoxFuture;

use super::connection_loop;
use super::options::Options;
use super::shared_state::SharedState;
use super::task::Task;
use crate::browser::error::Error;
use crate::browser::hooks::Hooks;
use crate::browser::state::{State, States};
use crate::connection::{Interrupt, ReadyState};
use crate::event_stream::Event;

/// The connection of a source. Handles refer to it weakly.
pub(in crate::browser) struct Inner {
    shared: Rc<SharedState>,
    task: Rc<Task>,
    /// Waits for the caller's signal to close the source.
    closing: Option<Rc<Task>>,
}

async fn close_when(signal: LocalBoxFuture<'static, ()>, inner: Weak<Inner>) {
    signal.await;
    if let Some(inner) = inner.upgrade() {
        inner.close();
    }
}

impl Inner {
    pub(super) fn start(
        options: Options,
        hooks: Hooks,
        signal: Option<LocalBoxFuture<'static, ()>>,
    ) -> Rc<Self> {
        let shared = Rc::new(SharedState::new(options, hooks));
        let task = Task::spawn(connection_loop::run(Rc::clone(&shared)));
        Rc::new_cyclic(|inner| Self {
            shared,
            task,
            closing: signal.map(|signal| Task::spawn(close_when(signal, inner.clone()))),
        })
    }

    pub(in crate::browser) fn close(&self) {
        self.shared.close();
        self.task.stop();
        if let Some(closing) = &self.closing {
            closing.stop();
        }
    }

    pub(in crate::browser) fn reconnect(&self) {
        if !self.shared.options.is_one_stream {
            self.shared.interrupt(Interrupt::Reconnect);
        }
    }

    pub(in crate::browser) fn state(&self) -> State {
        self.shared.state.get()
    }

    pub(in crate::browser) fn states(&self) -> States {
        self.shared.state.subscribe()
    }

    pub(in crate::browser) fn ready_state(&self) -> ReadyState {
        self.shared.lifecycle().retry_state().ready_state()
    }

    pub(in crate::browser) fn taken_id(&self) -> String {
        self.shared.taken_id()
    }

    pub(in crate::browser) fn reconnection_time(&self) -> Duration {
        let lifecycle = self.shared.lifecycle();
        lifecycle.retry_state().reconnection_time().into()
    }

    pub(in crate::browser) fn poll_take(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Event, Error>>> {
        self.shared.poll_take(context)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
