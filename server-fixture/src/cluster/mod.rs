//! What several nodes must agree on beside the events: rate windows, tasks, how many streams
//! there are in all, which tokens were ended early, and which demo visitors want to be refused.

mod alone;
mod redis;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::alone::Alone;
pub(crate) use self::redis::OnRedis;
use crate::log::Answer;
use crate::mischief::Wish;

/// A long-running task, as `GET /api/tasks/{id}` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) status: Status,
    /// Percent.
    pub(crate) progress: u8,
    pub(crate) result: Option<Value>,
    /// Unix seconds of the last change; a running task that stands still lost its node.
    pub(crate) updated_at: u64,
}

/// What one node holds, or all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) streams: usize,
    /// Distinct users on each node: one who is on two counts twice.
    pub(crate) users: usize,
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Pending,
    Running,
    Completed,
    Failed,
}

impl Task {
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.status, Status::Completed | Status::Failed)
    }
}

/// Seconds that a wish for refusals waits for connections.
const WISH_LIFE: u64 = 600;

/// Seconds that a finished or forgotten task can be asked for.
pub(crate) const TASK_LIFE: u64 = 3600;

/// The shared state. One node alone keeps it in memory, several keep it where all can reach it.
pub(crate) trait Cluster: Send + Sync + 'static {
    /// Counts one more request of `key` in its window. `Some` is the number of seconds until the
    /// window ends, because there were more than `limit`.
    fn count<'a>(&'a self, key: &'a str, limit: u32, window: Duration) -> Answer<'a, Option<u64>>;

    /// Stores a task under its id.
    fn put_task<'a>(&'a self, task: &'a Task) -> Answer<'a, ()>;

    /// Reads a task.
    fn task<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Task>>;

    /// Says that `node` holds so much, for a few seconds; gives the sum of all nodes. A node that
    /// dies stops saying it, where a shared counter would stay wrong for ever.
    fn lease<'a>(&'a self, node: &'a str, load: Load) -> Answer<'a, Load>;

    /// Ends a token before its time, which is `expires_at` in unix seconds.
    fn revoke<'a>(&'a self, token_id: &'a str, expires_at: u64) -> Answer<'a, ()>;

    /// The tokens that were ended before their time, with when that is.
    fn revoked(&self) -> Answer<'_, Vec<(String, u64)>>;

    /// Demo mode: the next connections of `user` are to be refused as wished, instead of what was
    /// wished before.
    fn arm<'a>(&'a self, user: &'a str, wish: &'a Wish) -> Answer<'a, ()>;

    /// Demo mode: the refusal that awaits this request of `user`. A proxy may try one request on
    /// several nodes: each of them refuses it, and it counts once.
    fn refusal<'a>(&'a self, user: &'a str, request: &'a str) -> Answer<'a, Option<Wish>>;
}
