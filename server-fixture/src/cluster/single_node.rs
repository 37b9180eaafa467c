//! The shared state of a single node, in memory.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;

use super::demo_fault::DemoFault;
use super::expiring_map::ExpiringMap;
use super::{Cluster, DEMO_FAULT_TTL, StoreFuture, StoredTask, StreamLoad, TASK_TTL, Task};

/// Most rate windows that are stored: one per user or address.
const MAX_WINDOWS: usize = 100_000;
/// Most tasks that are stored.
const MAX_TASKS: usize = 10_000;
/// Most demo faults that are stored: one per user.
const MAX_FAULTS: usize = 10_000;

struct Window {
    ends_at: Instant,
    count: u32,
}

struct PendingFault {
    fault: DemoFault,
    /// The requests that were rejected.
    rejected: HashSet<String>,
}

/// Implements [`Cluster`] for one node.
pub(crate) struct SingleNodeCluster {
    windows: Mutex<ExpiringMap<Window>>,
    tasks: Mutex<ExpiringMap<(Task, Instant)>>,
    faults: Mutex<ExpiringMap<PendingFault>>,
}

impl Default for SingleNodeCluster {
    fn default() -> Self {
        Self {
            windows: Mutex::new(ExpiringMap::new(MAX_WINDOWS)),
            tasks: Mutex::new(ExpiringMap::new(MAX_TASKS)),
            faults: Mutex::new(ExpiringMap::new(MAX_FAULTS)),
        }
    }
}

/// Locks a map. Each change under the lock is one insert or removal, so a poisoned lock is usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SingleNodeCluster {
    fn count_in_window(&self, key: &str, limit: u32, window: Duration) -> Option<u64> {
        let (mut windows, now) = (lock(&self.windows), Instant::now());
        let (count, ends_at) = if let Some(current) = windows.get_mut(key, now) {
            current.count = current.count.saturating_add(1);
            (current.count, current.ends_at)
        } else {
            let ends_at = now + window;
            windows.insert(key, Window { ends_at, count: 1 }, ends_at, now);
            (1, ends_at)
        };
        (count > limit).then(|| (ends_at - now).as_secs() + 1)
    }

    fn store(&self, task: &Task) {
        let now = Instant::now();
        let expires_at = now + Duration::from_secs(TASK_TTL);
        lock(&self.tasks).insert(&task.id, (task.clone(), now), expires_at, now);
    }

    fn set_fault(&self, user: &str, fault: DemoFault) {
        let now = Instant::now();
        let expires_at = now + Duration::from_secs(DEMO_FAULT_TTL);
        let rejected = HashSet::new();
        lock(&self.faults).insert(user, PendingFault { fault, rejected }, expires_at, now);
    }

    fn take_fault(&self, user: &str, request: &str) -> Option<DemoFault> {
        let mut faults = lock(&self.faults);
        let pending = faults.get_mut(user, Instant::now())?;
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

    fn task<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<StoredTask>> {
        async move {
            let (mut tasks, now) = (lock(&self.tasks), Instant::now());
            let stored = tasks.get_mut(id, now).cloned();
            Ok(stored.map(|(task, changed)| StoredTask {
                task,
                age: now - changed,
            }))
        }
        .boxed()
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
