use core::future::Future;
use core::task::{Context, Poll};

use web_sys::Response;

use super::attempt::Lost;
use super::auth::Cause;
use super::source::Source;
use crate::connection::{Next, Verdict};
use crate::event_stream::{EventStreamParser, Item};

/// Who looks at a source: the Rust stream, or the JavaScript class. All calls come from the loop;
/// each of them may call back into the source, so none is made while something is borrowed.
pub(crate) trait Observer: Sized {
    /// The connection was announced.
    fn opened(&self, response: &Response, is_resumed: bool);

    /// So many bytes of the stream came.
    fn received(&self, _bytes: u32) {}

    /// Takes all items out of the parser, and commits to the connection what it delivers, unless
    /// that waits for [`commit`](Self::commit).
    fn deliver(&self, parser: &mut EventStreamParser, source: &Source<Self>) -> Delivered;

    /// Commits what was delivered since: more events are wanted, or no more of this stream.
    fn commit(&self, _source: &Source<Self>) {}

    /// Pending while no more events are wanted: nothing is read from the network meanwhile.
    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()>;

    /// Until the page has had its turn. The class has its own: the imports for it would weigh more.
    fn next_task(&self) -> impl Future<Output = ()>;

    /// The caller's last word on a failure.
    fn verdict(&self, lost: &Lost) -> Option<Verdict>;

    /// The connection, or an attempt, failed; what comes next was decided. `attempt` counts from
    /// 1, since the connection was last healthy.
    fn failed(&self, lost: &Lost, next: Next, attempt: u32);

    /// The connection is made anew without any failure.
    fn reconnecting(&self, cause: Cause);
}

/// What the loop must know of the items that were delivered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delivered {
    pub(crate) has_comment: bool,
    pub(crate) is_too_large: bool,
}

impl Delivered {
    pub(crate) fn note(&mut self, item: &Item<'_>) {
        self.has_comment |= matches!(item, Item::Comment(_));
        self.is_too_large |= matches!(item, Item::TooLarge);
    }
}
