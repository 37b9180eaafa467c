/// The state of an event source, with the numbers of the standard ([WHATWG HTML §9.2.2]).
///
/// [WHATWG HTML §9.2.2]: https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource-readystate
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ReadyState {
    /// Not connected yet, or waiting to reconnect.
    Connecting = 0,
    /// Connected: events are dispatched as they come.
    Open = 1,
    /// Closed for good: it never connects again.
    Closed = 2,
}
