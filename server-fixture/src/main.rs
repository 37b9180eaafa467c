//! The server side of Server-Sent Events.
fn main() {}
