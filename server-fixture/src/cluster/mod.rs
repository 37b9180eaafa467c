//! The state that all nodes of a cluster share besides the events: rate limits, tasks, the number
//! of streams and demo faults.

pub(crate) mod demo_fault;
mod expiring_map;
pub(crate) mod heartbeat;
mod redis;
mod single_node;

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::demo_fault::DemoFault;
pub(crate) use self::redis::RedisCluster;
pub(crate) use self::single_node::SingleNodeCluster;

use crate::redis::StoreError;

/// A long-running task, as `GET /api/tasks/{id}` returns it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) status: TaskStatus,
    /// Percent.
    pub(crate) progress: u8,
    pub(crate) result: Option<Value>,
    /// The last change, in Unix seconds.
    pub(crate) updated_at: u64,
}

/// A task and the time since its last change. A running task without changes has lost its node. The
/// store measures the time, because the clock of a node may be set.
#[derive(Clone, Debug)]
pub(crate) struct StoredTask {
    pub(crate) task: Task,
    pub(crate) age: Duration,
}

/// The open streams of one node, or of all nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StreamLoad {
    pub(crate) streams: usize,
    /// The distinct users of each node. A user with streams on two nodes counts twice.
    pub(crate) users: usize,
}

/// The status of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TaskStatus {
    Pending,
    Running,
    Completed,
    Failed,
}

impl Task {
    pub(crate) fn is_finished(&self) -> bool {
        matches!(self.status, TaskStatus::Completed | TaskStatus::Failed)
    }
}

/// The interval between two heartbeats of a node. A lease survives three missed heartbeats.
pub(crate) const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// Seconds after which an unused demo fault expires.
const DEMO_FAULT_TTL: u64 = 600;

/// Seconds after its last change for which a task is stored.
pub(crate) const TASK_TTL: u64 = 3600;

/// The result of a call to the shared state.
pub(crate) type StoreFuture<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// The shared state: in memory for a single node, in Redis for several nodes.
pub(crate) trait Cluster: Send + Sync + 'static {
    /// Counts one request of `key` in its window. Returns the seconds until the window ends if
    /// there were more than `limit` requests.
    fn count<'a>(
        &'a self,
        key: &'a str,
        limit: u32,
        window: Duration,
    ) -> StoreFuture<'a, Option<u64>>;

    /// Stores a task under its id.
    fn put_task<'a>(&'a self, task: &'a Task) -> StoreFuture<'a, ()>;

    /// Reads a task.
    fn task<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<StoredTask>>;

    /// Stores the load of `node` for a few seconds and returns the load of all nodes. The load of
    /// a node that dies expires, whereas a shared counter would stay wrong.
    fn lease<'a>(&'a self, node: &'a str, load: StreamLoad) -> StoreFuture<'a, StreamLoad>;

    /// Demo mode: rejects the next connections of `user`. Replaces an earlier fault of this user.
    fn arm_fault<'a>(&'a self, user: &'a str, fault: &'a DemoFault) -> StoreFuture<'a, ()>;

    /// Demo mode: returns the fault for this request of `user`. A proxy may retry one request on
    /// several nodes. Each node rejects it, and it counts once.
    fn due_fault<'a>(
        &'a self,
        user: &'a str,
        request: &'a str,
    ) -> StoreFuture<'a, Option<DemoFault>>;
}
