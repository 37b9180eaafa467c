//! A node's part in its cluster: it says what it holds, and hears which tokens were
//! ended elsewhere.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::interval;

use crate::cluster::Load;
use crate::node::Node;

/// How often; a lease outlives three of these.
pub(crate) const BEAT: Duration = Duration::from_secs(1);

/// Beats until it is dropped.
pub(crate) async fn take_part(node: &Arc<Node>) {
    let mut ticks = interval(BEAT);
    loop {
        ticks.tick().await;
        let load = node.admission.load();
        match node.cluster.lease(&node.name, load).await {
            Ok(all) => node.admission.others(Load {
                streams: all.streams.saturating_sub(load.streams),
                users: all.users.saturating_sub(load.users),
            }),
            // The next beat tries again; until then the last known sum counts.
            Err(error) => tracing::debug!(%error, "the lease was not renewed"),
        }
        if let Ok(revoked) = node.cluster.revoked().await {
            node.revocations.learn(revoked);
        }
    }
}
