//! Who may see what.

use std::collections::HashSet;

use crate::auth::User;
use crate::ring::Frame;

/// Who may see what. Asked for every frame, replayed or live.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// The reader; `None` is an anonymous one, who sees nothing that is addressed.
    pub(crate) user: Option<User>,
    /// The types that were asked for; `None` is all.
    pub(crate) types: Option<HashSet<String>>,
}

impl Filter {
    pub(crate) fn passes(&self, frame: &Frame) -> bool {
        let addressed = frame
            .to
            .as_ref()
            .is_none_or(|to| self.user.as_ref().is_some_and(|user| *user.name == **to));
        let wanted = self
            .types
            .as_ref()
            .is_none_or(|types| types.contains(type_of(frame)));
        addressed && wanted
    }
}

/// A frame's type as clients name it.
pub(crate) fn type_of(frame: &Frame) -> &str {
    match &*frame.event_type {
        "" => "message",
        event_type => event_type,
    }
}
