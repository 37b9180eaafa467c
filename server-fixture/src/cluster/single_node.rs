//! The shared state of a single node, in memory.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;

use super::{Cluster, DEMO_FAULT_TTL, StoreFuture, StreamLoad, TASK_TTL, Task};
use crate::demo::fault::DemoFault;
use crate::util::unix_now;

/// The number of rate windows above which expired windows are removed.
const MAX_WINDOWS: usize = 10_000;

struct Window {
    ends_at: Instant,
    count: u32,
}

struct PendingFault {
    fault: DemoFault,
    armed_at: u64,
    /// The requests that were rejected.
    rejected: HashSet<String>,
}

/// Implements [`Cluster`] for one node.
#[derive(Default)]
pub(crate) struct SingleNodeCluster {
    windows: Mutex<HashMap<String, Window>>,
    tasks: Mutex<HashMap<String, Task>>,
    faults: Mutex<HashMap<String, PendingFault>>,
}

/// Locks a map. Each change under the lock is one insert or removal, so a poisoned lock is usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SingleNodeCluster {
    fn count_in_window(&self, key: &str, limit: u32, window: Duration) -> Option<u64> {
        let (mut windows, now) = (lock(&self.windows), Instant::now());
        if windows.len() > MAX_WINDOWS {
            windows.retain(|_, window| window.ends_at > now);
        }
        let new_window = || Window {
            ends_at: now + window,
            count: 0,
        };
        let current = windows.entry(key.to_owned()).or_insert_with(new_window);
        if current.ends_at <= now {
            *current = new_window();
        }
        current.count = current.count.saturating_add(1);
        let left = current.ends_at - now;
        (current.count > limit).then(|| left.as_secs() + 1)
    }

    fn store(&self, task: &Task) {
        let mut tasks = lock(&self.tasks);
        let oldest = unix_now().saturating_sub(TASK_TTL);
        tasks.retain(|_, task| task.updated_at >= oldest);
        tasks.insert(task.id.clone(), task.clone());
    }

    fn set_fault(&self, user: &str, fault: DemoFault) {
        let (mut faults, now) = (lock(&self.faults), unix_now());
        faults.retain(|_, pending| pending.armed_at + DEMO_FAULT_TTL > now);
        let pending = PendingFault {
            fault,
            armed_at: now,
            rejected: HashSet::new(),
        };
        faults.insert(user.to_owned(), pending);
    }

    fn take_fault(&self, user: &str, request: &str) -> Option<DemoFault> {
        let mut faults = lock(&self.faults);
        let pending = faults.get_mut(user)?;
        if pending.armed_at + DEMO_FAULT_TTL <= unix_now() {
            return None;
        }
        let is_used_up = pending.rejected.len() >= pending.fault.times as usize;
        if !pending.rejected.contains(request) {
            if is_used_up {
                return None;
            }
            pending.rejected.insert(request.to_owned());
        }
        Some(pending.fault)
    }
}

impl Cluster for SingleNodeCluster {
    fn count<'a>(
        &'a self,
        key: &'a str,
        limit: u32,
        window: Duration,
    ) -> StoreFuture<'a, Option<u64>> {
        async move { Ok(self.count_in_window(key, limit, window)) }.boxed()
    }

    fn put_task<'a>(&'a self, task: &'a Task) -> StoreFuture<'a, ()> {
        async move {
            self.store(task);
            Ok(())
        }
        .boxed()
    }

    fn task<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Task>> {
        async move { Ok(lock(&self.tasks).get(id).cloned()) }.boxed()
    }

    fn lease<'a>(&'a self, _node: &'a str, load: StreamLoad) -> StoreFuture<'a, StreamLoad> {
        async move { Ok(load) }.boxed()
    }

    fn arm_fault<'a>(&'a self, user: &'a str, fault: &'a DemoFault) -> StoreFuture<'a, ()> {
        async move {
            self.set_fault(user, *fault);
            Ok(())
        }
        .boxed()
    }

    fn due_fault<'a>(
        &'a self,
        user: &'a str,
        request: &'a str,
    ) -> StoreFuture<'a, Option<DemoFault>> {
        async move { Ok(self.take_fault(user, request)) }.boxed()
    }
}
