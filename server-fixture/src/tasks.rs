//! Long-running tasks: simulated work, as in the textbook, but any node can be asked for it.

use std::sync::Arc;

use serde_json::json;
use tokio::time::sleep;

use crate::auth::unix_now;
use crate::cluster::{Status, Task};
use crate::log::LogError;
use crate::node::Node;
use crate::text::random_hex;

/// A running task that has said nothing for so many seconds more than its next step takes has lost its node.
const STANDSTILL: u64 = 30;

/// Starts a task on this node; it fails half way if `fails`.
pub(crate) async fn start(node: &Arc<Node>, fails: bool) -> Result<Task, LogError> {
    let task = Task {
        id: random_hex(8),
        status: Status::Pending,
        progress: 0,
        result: None,
        updated_at: unix_now(),
    };
    node.cluster.put_task(&task).await?;
    let (worker, work) = (Arc::clone(node), task.clone());
    node.in_background(async move { run(&worker, work, fails).await });
    Ok(task)
}

async fn run(node: &Node, mut task: Task, fails: bool) {
    task.status = Status::Running;
    for progress in (0..=100).step_by(10) {
        sleep(node.config.task_step).await;
        task.progress = progress;
        save(node, &mut task).await;
        if fails && progress == 50 {
            task.status = Status::Failed;
            task.result = Some(json!({ "error": "The task was asked to fail" }));
            return save(node, &mut task).await;
        }
    }
    task.status = Status::Completed;
    task.result = Some(json!({ "data": "Task completed!" }));
    save(node, &mut task).await;
}

/// A progress that is not stored is superseded by the next one, but the end has no next: it is
/// tried for about a minute.
async fn save(node: &Node, task: &mut Task) {
    task.updated_at = unix_now();
    let tries = if task.is_over() { 120 } else { 1 };
    for _ in 0..tries {
        match node.cluster.put_task(task).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(%error, task = task.id, "progress was not stored"),
        }
        sleep(std::time::Duration::from_millis(500)).await;
    }
}

/// The task, seen from now: one whose node died is reported as failed, not as running for ever.
pub(crate) async fn find(node: &Node, id: &str) -> Result<Option<Task>, LogError> {
    let Some(task) = node.cluster.task(id).await? else {
        return Ok(None);
    };
    let standstill = STANDSTILL + node.config.task_step.as_secs();
    let is_stuck = !task.is_over() && task.updated_at + standstill < unix_now();
    if !is_stuck {
        return Ok(Some(task));
    }
    let result = Some(json!({ "error": "The node that ran the task is gone" }));
    Ok(Some(Task {
        status: Status::Failed,
        result,
        ..task
    }))
}
