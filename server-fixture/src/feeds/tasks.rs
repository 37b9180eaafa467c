//! Simulated long-running tasks. Any node can return the state of a task.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::cluster::{StoredTask, Task, TaskStatus};
use crate::redis::StoreError;
use crate::state::AppState;
use crate::util::{random_hex, unix_now};

/// The time without a change, in addition to one step, after which a task counts as lost with its
/// node.
const STALE_AFTER: Duration = Duration::from_secs(30);

/// Attempts to store the final state, half a second apart.
const FINAL_ATTEMPTS: u32 = 120;

/// Starts a task on this node. With `fails` it fails at 50 percent.
pub(crate) async fn start(state: &Arc<AppState>, fails: bool) -> Result<Task, StoreError> {
    let task = Task {
        id: random_hex(8),
        status: TaskStatus::Pending,
        progress: 0,
        result: None,
        updated_at: unix_now(),
    };
    state.cluster.put_task(&task).await?;
    let (worker, work) = (Arc::clone(state), task.clone());
    state.spawn(async move { run(&worker, work, fails).await });
    Ok(task)
}

async fn run(state: &AppState, mut task: Task, fails: bool) {
    task.status = TaskStatus::Running;
    for progress in (0..=100).step_by(10) {
        sleep(state.config.task_step).await;
        task.progress = progress;
        save(state, &mut task).await;
        if fails && progress == 50 {
            task.status = TaskStatus::Failed;
            task.result = Some(json!({ "error": "The task was asked to fail" }));
            return save(state, &mut task).await;
        }
    }
    task.status = TaskStatus::Completed;
    task.result = Some(json!({ "data": "Task completed!" }));
    save(state, &mut task).await;
}

/// Stores the state of a task. An intermediate state is tried once, because the next one replaces
/// it. The final state is tried for about a minute.
async fn save(state: &AppState, task: &mut Task) {
    task.updated_at = unix_now();
    let attempts = if task.is_finished() {
        FINAL_ATTEMPTS
    } else {
        1
    };
    for _ in 0..attempts {
        match state.cluster.put_task(task).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(%error, task = task.id, "The progress of a task was not stored");
            }
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// Returns a task. A task whose node died is reported as failed, and not as running forever.
pub(crate) async fn find(state: &AppState, id: &str) -> Result<Option<Task>, StoreError> {
    let Some(StoredTask { task, age }) = state.cluster.task(id).await? else {
        return Ok(None);
    };
    if task.is_finished() || age <= STALE_AFTER + state.config.task_step {
        return Ok(Some(task));
    }
    let result = Some(json!({ "error": "The node that ran the task is gone" }));
    Ok(Some(Task {
        status: TaskStatus::Failed,
        result,
        ..task
    }))
}
