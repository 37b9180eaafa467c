//! The ready state.

/// The ready state of an event source, with the numbers of the standard ([WHATWG HTML §9.2.2]).
///
/// [WHATWG HTML §9.2.2]: https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource-readystate
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ReadyState {
    /// The source connects, or waits to reconnect.
    Connecting = 0,
    /// The stream is open, and its events are dispatched.
    Open = 1,
    /// The source is closed, and never connects again.
    Closed = 2,
}
