//! Misbehaving on command: a responder that plays scripts over raw TCP, because a library for
//! HTTP can only write legal HTTP, and a request log, because without one nobody can say whether
//! a client waited, sent the right cursor, or came back at all.
//!
//! - [`script`]: the grammar
//! - `stage`, `record`: a script's state, and what was asked of it
//! - `connection`, `play`, `bytes`, `head`, `text`, `wire`: the socket
//! - `http2`, `tls`: what only HTTP/2 can do wrong, and how browsers reach it
//! - `presets`: scripts with a plain URL
//! - `shelf`, `control`: storing, reading back, removing

mod bytes;
mod connection;
mod control;
mod head;
mod http2;
mod play;
mod presets;
mod record;
pub mod script;
mod shelf;
mod stage;
mod text;
mod tls;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::sleep;

use self::shelf::Shelf;

/// Plays scripts on `listener` until `shutdown` completes. Open connections are then cut off.
pub async fn run(listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let shelf = Arc::new(Shelf::default());
    let mut connections = tokio::task::JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            // Finished ones are taken out, or the set would only grow.
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection::serve(stream, Arc::clone(&shelf)));
                }
                Err(error) => {
                    tracing::warn!(%error, "the fault port did not accept a connection");
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}
