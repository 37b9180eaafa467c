//! The fault server: plays scripts over raw TCP, and logs the requests.
//!
//! An HTTP library cannot do this, because it only writes valid HTTP. The request log shows
//! whether a client waited, sent the right cursor, or reconnected at all.
//!
//! - [`script`]: the format of a script
//! - `script_state`, `request_log`: the state of a script, and the requests to it
//! - `connection`, `player`, `body_encoding`, `response_head`, `placeholders`, `http1_request`:
//!   one HTTP/1.1 connection
//! - `http2`, `tls`: faults of HTTP/2, and TLS, which browsers need for HTTP/2
//! - `presets`: scripts with a fixed URL
//! - `script_store`, `admin_api`, `budget`: store, read and remove scripts, in limited memory

mod admin_api;
mod body_encoding;
mod budget;
mod connection;
mod http1_request;
mod http2;
mod placeholders;
mod player;
mod presets;
mod request_log;
mod response_head;
pub mod script;
mod script_state;
mod script_store;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::sleep;

use self::script_store::ScriptStore;
use crate::util::{AcceptErrors, max_open_files};

/// Most connections. The file descriptors of the process are shared with the other port.
const MAX_CONNECTIONS: usize = 8192;

/// File descriptors that the rest of the process needs.
const RESERVED: usize = 32;

/// Plays scripts on `listener` until `shutdown` completes. Open connections are then closed.
pub async fn run(listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let store = Arc::new(ScriptStore::default());
    let most = MAX_CONNECTIONS
        .min(max_open_files().saturating_sub(RESERVED) / 2)
        .max(1);
    let mut errors = AcceptErrors::default();
    let mut connections = tokio::task::JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            // Without this, finished tasks would stay in the set.
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if connections.len() < most => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection::serve(stream, Arc::clone(&store)));
                }
                Err(error) => {
                    let message = "A connection to the fault port was not accepted. Raise `ulimit -n`.";
                    errors.report(message, &error);
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}
