//! Targets without a browser: no source can be opened, so that no [`Inner`] exists.

use alloc::rc::Rc;
use alloc::string::String;
use core::task::{Context, Poll};
use core::time::Duration;

use super::builder::Builder;
use super::error::Error;
use super::problems;
use super::state::{State, States};
use crate::connection::{ReadyState, TokenLife};
use crate::event_stream::Event;

/// The connection of a source.
pub(super) enum Inner {}

impl Inner {
    pub(super) fn close(&self) {
        match *self {}
    }

    pub(super) fn reconnect(&self) {
        match *self {}
    }

    pub(super) fn state(&self) -> State {
        match *self {}
    }

    pub(super) fn states(&self) -> States {
        match *self {}
    }

    pub(super) fn ready_state(&self) -> ReadyState {
        match *self {}
    }

    pub(super) fn taken_id(&self) -> String {
        match *self {}
    }

    pub(super) fn reconnection_time(&self) -> Duration {
        match *self {}
    }

    pub(super) fn poll_take(&self, _: &mut Context<'_>) -> Poll<Option<Result<Event, Error>>> {
        match *self {}
    }
}

pub(super) fn connect(_: Builder) -> Result<Rc<Inner>, Error> {
    Err(Error::of_problem(problems::NO_BROWSER))
}

/// The calls of a provider that several sources share.
pub(super) type Calls = ();

/// Reads no JWT, because the decoders of the browser are missing.
pub(super) fn jwt_life(_: &str) -> Option<TokenLife> {
    None
}
