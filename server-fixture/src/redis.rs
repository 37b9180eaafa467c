//! Connections to Redis. Each one knows the epoch of the event log that it writes to.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, InfoDict, RedisError, Script, Value};
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::event_log::epoch::new_epoch;

/// Returns the epoch. Begins a new epoch if Redis was restarted and may have lost its last events.
///
/// KEYS: epoch, run id. ARGV: the run id of Redis, `1` if it loses no events, a new epoch.
const EPOCH: &str = r"
local epoch = redis.call('GET', KEYS[1])
local run = redis.call('GET', KEYS[2])
if not epoch or (run ~= ARGV[1] and ARGV[2] ~= '1') then
  if not epoch or tonumber(ARGV[3]) > tonumber(epoch) then epoch = ARGV[3]
  else epoch = string.format('%.0f', tonumber(epoch) + 1) end
  redis.call('SET', KEYS[1], epoch)
end
redis.call('SET', KEYS[2], ARGV[1])
return epoch";

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

/// One TCP connection. A restart of Redis closes it, so the epoch is valid as long as the
/// connection. A writer can thus never append to a log that has begun a new epoch.
#[derive(Clone)]
pub(crate) struct RedisConnection {
    pub(crate) connection: MultiplexedConnection,
    pub(crate) epoch: u64,
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
        let (connection, epoch) = match self.connect().await {
            Ok(connected) => connected,
            Err(error) => {
                // An attempt that is refused at once is cheap, so the next one needs no delay.
                if began.elapsed() >= RECONNECT_DELAY {
                    state.retry_at = Some(Instant::now() + RECONNECT_DELAY);
                }
                return Err(error);
            }
        };
        state.opened += 1;
        let connection = RedisConnection {
            connection,
            epoch,
            id: state.opened,
        };
        state.current = Some(connection.clone());
        Ok(connection)
    }

    async fn connect(&self) -> Result<(MultiplexedConnection, u64), StoreError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_response_timeout(Some(self.response_timeout));
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let epoch = current_epoch(&mut connection).await?;
        Ok((connection, epoch))
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

async fn current_epoch(connection: &mut MultiplexedConnection) -> Result<u64, StoreError> {
    let info: InfoDict = redis::cmd("INFO")
        .arg("server")
        .query_async(connection)
        .await?;
    let run: String = info.get("run_id").unwrap_or_default();
    let script = Script::new(EPOCH);
    let mut call = script.key("sse:epoch");
    call.key("sse:run")
        .arg(run)
        .arg(loses_no_events(connection).await)
        .arg(new_epoch());
    Ok(call.invoke_async(connection).await?)
}

/// Returns 1 if every acknowledged write is on disk, else 0. A Redis that does not permit
/// `CONFIG GET` counts as 0.
async fn loses_no_events(connection: &mut MultiplexedConnection) -> u8 {
    let mut setting = async |name| {
        let reply: Result<Value, _> = redis::cmd("CONFIG")
            .arg("GET")
            .arg(name)
            .query_async(connection)
            .await;
        reply
            .ok()
            .and_then(|v| redis::from_redis_value::<Vec<String>>(v).ok())
            .unwrap_or_default()
    };
    let is = |reply: Vec<String>, value: &str| reply.get(1).is_some_and(|v| v == value);
    let appends = is(setting("appendonly").await, "yes");
    let is_on_disk = appends && is(setting("appendfsync").await, "always");
    u8::from(is_on_disk && !was_promoted(connection).await)
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
