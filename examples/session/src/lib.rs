//! What the applications of all frameworks share: a login, and a live connection with texts for a banner.

mod follow;
mod session;

pub use follow::{Follow, banner};
pub use session::Session;
