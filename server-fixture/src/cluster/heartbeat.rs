//! The heartbeat of a node, which renews the lease of its load.

use super::{Cluster, StreamLoad};

/// Sends the load of this node and returns the load of the other nodes. Returns `None` if the store
/// is unavailable. The last known load then stays valid until the next heartbeat.
pub(crate) async fn send_heartbeat(
    cluster: &dyn Cluster,
    node: &str,
    own: StreamLoad,
) -> Option<StreamLoad> {
    match cluster.lease(node, own).await {
        Ok(all) => Some(StreamLoad {
            streams: all.streams.saturating_sub(own.streams),
            users: all.users.saturating_sub(own.users),
        }),
        Err(error) => {
            tracing::debug!(%error, "The lease was not renewed");
            None
        }
    }
}
