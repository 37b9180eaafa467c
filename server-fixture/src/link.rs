//! A connection to Redis that knows which life of the event log it belongs to.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, InfoDict, RedisError, Script, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::log::{LogError, fresh_epoch};

/// Gives the epoch, and begins another if Redis was restarted and may have lost its tail since.
///
/// KEYS: epoch, run id. ARGV: this server's run id, `1` if it loses nothing, a fresh epoch.
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

/// How long Redis may take to answer what needs no waiting.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a Redis that did not answer is left alone.
const AWAY: Duration = Duration::from_millis(500);

impl From<RedisError> for LogError {
    fn from(error: RedisError) -> Self {
        // The detail of a response may quote what was sent; the kind and category say enough.
        Self(format!("Redis: {error}"))
    }
}

/// One physical connection. A restart of Redis ends it, so its epoch holds as long as it does:
/// a writer can never append to a log that has begun another life behind its back.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) connection: MultiplexedConnection,
    pub(crate) epoch: u64,
    number: u64,
}

/// Makes links, and a new one after each failure.
pub(crate) struct Links {
    client: Client,
    /// How long a command may take, blocking reads included.
    patience: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    link: Option<Link>,
    made: u64,
    /// Until when nobody tries again.
    away_until: Option<Instant>,
}

impl Links {
    /// Links for commands; `blocking` is how long some of them wait for news.
    pub(crate) fn new(url: &str, blocking: Duration) -> Result<Self, LogError> {
        let client = Client::open(url)?;
        Ok(Self {
            client,
            patience: PATIENCE + blocking,
            state: Mutex::default(),
        })
    }

    /// The link, made if there is none.
    pub(crate) async fn link(&self) -> Result<Link, LogError> {
        let mut state = self.state.lock().await;
        if let Some(link) = &state.link {
            return Ok(link.clone());
        }
        // Whoever has waited here for the last attempt does not wait for another one.
        if state.away_until.is_some_and(|until| Instant::now() < until) {
            return Err(LogError("Redis: did not answer a moment ago".to_owned()));
        }
        let begun = Instant::now();
        let made = self.connect().await;
        let (connection, epoch) = match made {
            Ok(made) => made,
            Err(error) => {
                // One that refuses at once costs nobody anything, and may be back at once.
                if begun.elapsed() >= AWAY {
                    state.away_until = Some(Instant::now() + AWAY);
                }
                return Err(error);
            }
        };
        state.made += 1;
        let link = Link {
            connection,
            epoch,
            number: state.made,
        };
        state.link = Some(link.clone());
        Ok(link)
    }

    async fn connect(&self) -> Result<(MultiplexedConnection, u64), LogError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(self.patience));
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let epoch = current_epoch(&mut connection).await?;
        Ok((connection, epoch))
    }

    /// Passes a result on; after a failure the next call makes a new link.
    pub(crate) async fn checked<T>(
        &self,
        link: &Link,
        result: Result<T, RedisError>,
    ) -> Result<T, LogError> {
        if result.is_err() {
            let mut state = self.state.lock().await;
            // Not the link that somebody else has made meanwhile.
            if state
                .link
                .as_ref()
                .is_some_and(|current| current.number == link.number)
            {
                state.link = None;
            }
        }
        Ok(result?)
    }
}

async fn current_epoch(connection: &mut MultiplexedConnection) -> Result<u64, LogError> {
    let info: InfoDict = redis::cmd("INFO")
        .arg("server")
        .query_async(connection)
        .await?;
    let run: String = info.get("run_id").unwrap_or_default();
    let script = Script::new(EPOCH);
    let mut call = script.key("sse:epoch");
    call.key("sse:run")
        .arg(run)
        .arg(loses_nothing(connection).await)
        .arg(fresh_epoch());
    Ok(call.invoke_async(connection).await?)
}

/// Whether every acknowledged write is on disk. A server that does not tell may lose some.
async fn loses_nothing(connection: &mut MultiplexedConnection) -> u8 {
    let mut setting = async |name| {
        let answer: Result<Value, _> = redis::cmd("CONFIG")
            .arg("GET")
            .arg(name)
            .query_async(connection)
            .await;
        answer
            .ok()
            .and_then(|v| redis::from_redis_value::<Vec<String>>(v).ok())
            .unwrap_or_default()
    };
    let is = |answer: Vec<String>, value: &str| answer.get(1).is_some_and(|v| v == value);
    let appends = is(setting("appendonly").await, "yes");
    let is_on_disk = appends && is(setting("appendfsync").await, "always");
    u8::from(is_on_disk && !was_promoted(connection).await)
}

/// Whether it was a replica before: what its primary had acknowledged last may not have reached it.
async fn was_promoted(connection: &mut MultiplexedConnection) -> bool {
    let info: Result<InfoDict, _> = redis::cmd("INFO")
        .arg("replication")
        .query_async(connection)
        .await;
    let offset = info.ok().and_then(|info| info.get("second_repl_offset"));
    offset.is_none_or(|offset: i64| offset != -1)
}
