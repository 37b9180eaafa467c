//! The heartbeat of a node: it renews the lease of its load, and reads the revoked tokens.

use super::{Cluster, StreamLoad};

/// The reply to a heartbeat.
pub(crate) struct HeartbeatReply {
    /// The load of the other nodes. `None` if the lease was not renewed.
    pub(crate) others: Option<StreamLoad>,
    /// Revoked tokens, as ids and expiry in Unix seconds.
    pub(crate) revoked: Vec<(String, u64)>,
}

/// Sends the load of this node. If the store is unavailable, the reply is empty, and the last known
/// values stay valid until the next heartbeat.
pub(crate) async fn send_heartbeat(
    cluster: &dyn Cluster,
    node: &str,
    own: StreamLoad,
) -> HeartbeatReply {
    let others = match cluster.lease(node, own).await {
        Ok(all) => Some(StreamLoad {
            streams: all.streams.saturating_sub(own.streams),
            users: all.users.saturating_sub(own.users),
        }),
        Err(error) => {
            tracing::debug!(%error, "The lease was not renewed");
            None
        }
    };
    let revoked = cluster.revoked().await.unwrap_or_default();
    HeartbeatReply { others, revoked }
}
