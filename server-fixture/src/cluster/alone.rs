//! One node: everything in memory.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;

use super::{Cluster, Load, TASK_LIFE, Task, WISH_LIFE};
use crate::auth::unix_now;
use crate::log::Answer;
use crate::mischief::Wish;

/// Windows remembered before the ended ones are looked for.
const MANY_WINDOWS: usize = 10_000;

struct Window {
    ends_at: Instant,
    count: u32,
}

struct Armed {
    wish: Wish,
    at: u64,
    /// The requests that were refused.
    refused: HashSet<String>,
}

/// The shared state of a cluster of one.
#[derive(Default)]
pub(crate) struct Alone {
    windows: Mutex<HashMap<String, Window>>,
    tasks: Mutex<HashMap<String, Task>>,
    revoked: Mutex<HashMap<String, u64>>,
    armed: Mutex<HashMap<String, Armed>>,
}

/// Every change under these locks is one insert or removal: a panic leaves nothing half done.
fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Alone {
    fn hit(&self, key: &str, limit: u32, window: Duration) -> Option<u64> {
        let (mut windows, now) = (open(&self.windows), Instant::now());
        if windows.len() > MANY_WINDOWS {
            windows.retain(|_, window| window.ends_at > now);
        }
        let fresh = || Window {
            ends_at: now + window,
            count: 0,
        };
        let hit = windows.entry(key.to_owned()).or_insert_with(fresh);
        if hit.ends_at <= now {
            *hit = fresh();
        }
        hit.count = hit.count.saturating_add(1);
        let left = hit.ends_at - now;
        (hit.count > limit).then(|| left.as_secs() + 1)
    }

    fn store(&self, task: &Task) {
        let mut tasks = open(&self.tasks);
        let oldest = unix_now().saturating_sub(TASK_LIFE);
        tasks.retain(|_, task| task.updated_at >= oldest);
        tasks.insert(task.id.clone(), task.clone());
    }

    fn set(&self, user: &str, wish: Wish) {
        let (mut armed, now) = (open(&self.armed), unix_now());
        armed.retain(|_, armed| armed.at + WISH_LIFE > now);
        let fresh = Armed {
            wish,
            at: now,
            refused: HashSet::new(),
        };
        armed.insert(user.to_owned(), fresh);
    }

    fn due(&self, user: &str, request: &str) -> Option<Wish> {
        let mut armed = open(&self.armed);
        let Armed { wish, at, refused } = armed.get_mut(user)?;
        if *at + WISH_LIFE <= unix_now() {
            return None;
        }
        let is_used_up = refused.len() >= wish.times as usize;
        if !refused.contains(request) {
            if is_used_up {
                return None;
            }
            refused.insert(request.to_owned());
        }
        Some(*wish)
    }
}

impl Cluster for Alone {
    fn count<'a>(&'a self, key: &'a str, limit: u32, window: Duration) -> Answer<'a, Option<u64>> {
        async move { Ok(self.hit(key, limit, window)) }.boxed()
    }

    fn put_task<'a>(&'a self, task: &'a Task) -> Answer<'a, ()> {
        async move {
            self.store(task);
            Ok(())
        }
        .boxed()
    }

    fn task<'a>(&'a self, id: &'a str) -> Answer<'a, Option<Task>> {
        async move { Ok(open(&self.tasks).get(id).cloned()) }.boxed()
    }

    fn lease<'a>(&'a self, _node: &'a str, load: Load) -> Answer<'a, Load> {
        async move { Ok(load) }.boxed()
    }

    fn revoke<'a>(&'a self, token_id: &'a str, expires_at: u64) -> Answer<'a, ()> {
        async move {
            open(&self.revoked).insert(token_id.to_owned(), expires_at);
            Ok(())
        }
        .boxed()
    }

    fn revoked(&self) -> Answer<'_, Vec<(String, u64)>> {
        async {
            let mut revoked = open(&self.revoked);
            revoked.retain(|_, expires_at| *expires_at > unix_now());
            Ok(revoked
                .iter()
                .map(|(id, expires_at)| (id.clone(), *expires_at))
                .collect())
        }
        .boxed()
    }

    fn arm<'a>(&'a self, user: &'a str, wish: &'a Wish) -> Answer<'a, ()> {
        async move {
            self.set(user, *wish);
            Ok(())
        }
        .boxed()
    }

    fn refusal<'a>(&'a self, user: &'a str, request: &'a str) -> Answer<'a, Option<Wish>> {
        async move { Ok(self.due(user, request)) }.boxed()
    }
}
