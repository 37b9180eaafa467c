//! Decides which events a stream receives.

use std::collections::HashSet;

use crate::auth::User;
use crate::event_log::ring::EncodedEvent;

/// The user and the types of one stream. Applies to replayed and to live events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// The reader. `None` is an anonymous reader, who receives no event that has a recipient.
    pub(crate) user: Option<User>,
    /// The requested types. `None` selects all types.
    pub(crate) types: Option<HashSet<String>>,
}

impl Filter {
    pub(super) fn matches(&self, event: &EncodedEvent) -> bool {
        let is_recipient = event
            .to
            .as_ref()
            .is_none_or(|to| self.user.as_ref().is_some_and(|user| *user.name == **to));
        let is_requested = self
            .types
            .as_ref()
            .is_none_or(|types| types.contains(type_name(event)));
        is_recipient && is_requested
    }
}

/// Returns the type that a client receives: an empty type means `message`.
pub(super) fn type_name(event: &EncodedEvent) -> &str {
    match &*event.event_type {
        "" => "message",
        event_type => event_type,
    }
}
