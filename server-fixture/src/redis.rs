//! Connections to Redis. Each one knows which run of Redis it talks to, and what that run may lose.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, InfoDict, RedisError, Value};
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The time limit of a command that does not block.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The delay before the next attempt to connect to a Redis that did not respond.
const RECONNECT_DELAY: Duration = Duration::from_millis(500);

/// The reason that Redis did not execute a command.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("Redis: {0}")]
pub(crate) struct StoreError(String);

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("a stored value is not valid: {error}"))
    }
}

/// One TCP connection. A restart of Redis closes it, so `run_id` is valid as long as the connection.
#[derive(Clone)]
pub(crate) struct RedisConnection {
    pub(crate) connection: MultiplexedConnection,
    /// The random id that Redis chose when it started.
    pub(crate) run_id: String,
    /// Whether every acknowledged write is on disk.
    pub(crate) is_durable: bool,
    id: u64,
}

/// Opens a connection on first use, shares it, and replaces it after a failure.
pub(crate) struct RedisPool {
    client: Client,
    /// The time limit of a command, including blocking reads.
    response_timeout: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<RedisConnection>,
    /// The number of connections opened so far.
    opened: u64,
    /// The earliest time of the next attempt to connect.
    retry_at: Option<Instant>,
}

impl RedisPool {
    /// Returns a pool without a connection. `blocking` is the longest time that a command blocks.
    pub(crate) fn new(url: &str, blocking: Duration) -> Result<Self, StoreError> {
        let client = Client::open(url)?;
        Ok(Self {
            client,
            response_timeout: RESPONSE_TIMEOUT + blocking,
            state: Mutex::default(),
        })
    }

    /// Returns the current connection, or opens one.
    pub(crate) async fn get(&self) -> Result<RedisConnection, StoreError> {
        let mut state = self.state.lock().await;
        if let Some(connection) = &state.current {
            return Ok(connection.clone());
        }
        // Callers that waited for the lock during a failed attempt must not start another one.
        if state.retry_at.is_some_and(|at| Instant::now() < at) {
            let error = "it did not respond to the last attempt";
            return Err(StoreError(error.to_owned()));
        }
        let began = Instant::now();
        let mut connection = match self.connect().await {
            Ok(connection) => connection,
            Err(error) => {
                // An attempt that is refused at once is cheap, so the next one needs no delay.
                if began.elapsed() >= RECONNECT_DELAY {
                    state.retry_at = Some(Instant::now() + RECONNECT_DELAY);
                }
                return Err(error);
            }
        };
        state.opened += 1;
        connection.id = state.opened;
        state.current = Some(connection.clone());
        Ok(connection)
    }

    async fn connect(&self) -> Result<RedisConnection, StoreError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_response_timeout(Some(self.response_timeout));
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let info = redis::cmd("INFO").arg("server").to_owned();
        let info: InfoDict = info.query_async(&mut connection).await?;
        let is_durable = is_durable(&mut connection).await;
        Ok(RedisConnection {
            connection,
            run_id: info.get("run_id").unwrap_or_default(),
            is_durable,
            id: 0,
        })
    }

    /// Returns the setting `name` of Redis. `None` if Redis does not permit `CONFIG GET`.
    pub(crate) async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let mut redis = self.get().await?;
        Ok(setting(&mut redis.connection, name).await)
    }

    /// Returns the result. After an error the next `get` opens a new connection.
    pub(crate) async fn check<T>(
        &self,
        connection: &RedisConnection,
        result: Result<T, RedisError>,
    ) -> Result<T, StoreError> {
        if result.is_err() {
            let mut state = self.state.lock().await;
            // Another task may have replaced the failed connection already. Keep the new one.
            if state
                .current
                .as_ref()
                .is_some_and(|current| current.id == connection.id)
            {
                state.current = None;
            }
        }
        Ok(result?)
    }
}

async fn setting(connection: &mut MultiplexedConnection, name: &str) -> Option<String> {
    let mut get = redis::cmd("CONFIG");
    get.arg("GET").arg(name);
    let reply: Value = get.query_async(connection).await.ok()?;
    let pair: Vec<String> = redis::from_redis_value(reply).ok()?;
    pair.into_iter().nth(1)
}

/// Returns whether every acknowledged write is on disk. A Redis that does not permit `CONFIG GET`
/// counts as one that may lose writes.
async fn is_durable(connection: &mut MultiplexedConnection) -> bool {
    let appends = setting(connection, "appendonly").await;
    let syncs = setting(connection, "appendfsync").await;
    appends.as_deref() == Some("yes")
        && syncs.as_deref() == Some("always")
        && !was_promoted(connection).await
}

/// Returns whether this Redis was a replica before. It may lack the last writes that its primary
/// acknowledged.
async fn was_promoted(connection: &mut MultiplexedConnection) -> bool {
    let info: Result<InfoDict, _> = redis::cmd("INFO")
        .arg("replication")
        .query_async(connection)
        .await;
    let offset = info.ok().and_then(|info| info.get("second_repl_offset"));
    offset.is_none_or(|offset: i64| offset != -1)
}
