//! Opens the stores that `--log` selects: events, demo commands, log lines and shared state.

use std::sync::Arc;

use crate::cluster::{Cluster, RedisCluster, SingleNodeCluster};
use crate::config::{Config, LogStorage};
use crate::demo::DemoFaults;
use crate::demo::commands::{DemoCommands, MAX_COMMANDS};
use crate::event_log::hub::Hub;
use crate::event_log::revocations::{MemoryRevocations, RedisRevocations, RevocationStore};
use crate::event_log::{EventLog, FileLog, LogError, MemoryLog, RedisLog};

/// Encoded events that the ring of a hub holds: enough for a burst, at little memory.
const RING_CAPACITY: usize = 1024;

/// Lines of the tailed file that are kept.
const MAX_TAIL_LINES: usize = 1000;

/// Lines that demo mode keeps. A burst writes thousands per second, and a page that is busy for a
/// moment must be able to resume.
const MAX_DEMO_LINES: usize = 10_000;

/// Most bytes of the lines that are kept. A line can have a megabyte.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// Opens the event log, and the store of revoked tokens in the same place.
pub(super) async fn events(
    config: &Config,
) -> Result<(Arc<Hub>, Arc<dyn RevocationStore>), LogError> {
    let (log, revocations): (Arc<dyn EventLog>, Arc<dyn RevocationStore>) = match &config.log {
        LogStorage::Memory => (
            Arc::new(MemoryLog::new(config.keep)),
            Arc::new(MemoryRevocations::default()),
        ),
        LogStorage::File(path) => {
            let log = Arc::new(FileLog::open(path, config.keep).await?);
            (Arc::clone(&log) as Arc<dyn EventLog>, log)
        }
        LogStorage::Redis(url) => {
            let log = RedisLog::new(url.expose(), "sse:events", config.keep)?;
            log.warn_about_eviction().await?;
            (
                Arc::new(log),
                Arc::new(RedisRevocations::new(url.expose())?),
            )
        }
    };
    let hub = Hub::open(log, RING_CAPACITY).await?;
    Ok((Arc::new(hub), revocations))
}

pub(super) async fn demo_faults(
    config: &Config,
    cluster: &Arc<dyn Cluster>,
) -> Result<Option<Arc<DemoFaults>>, LogError> {
    if !config.demo {
        return Ok(None);
    }
    let log: Arc<dyn EventLog> = match &config.log {
        LogStorage::Redis(url) => Arc::new(RedisLog::new(
            url.expose(),
            "sse:demo-commands",
            MAX_COMMANDS,
        )?),
        // Commands take effect at once, so they need not survive a restart.
        LogStorage::Memory | LogStorage::File(_) => Arc::new(MemoryLog::new(MAX_COMMANDS)),
    };
    let commands = DemoCommands::open(log).await?;
    let faults = DemoFaults::new(commands, Arc::clone(cluster));
    Ok(Some(Arc::new(faults)))
}

/// Opens the lines of `/logs`. They are always in memory, because a tailed file is local to one
/// machine.
pub(super) async fn log_lines(config: &Config) -> Result<Option<Arc<Hub>>, LogError> {
    let has_lines = config.tail.is_some() || config.demo;
    if !has_lines {
        return Ok(None);
    }
    let capacity = match config.tail {
        Some(_) => MAX_TAIL_LINES,
        None => MAX_DEMO_LINES,
    };
    let log = MemoryLog::new(capacity).with_max_bytes(MAX_LINE_BYTES);
    let hub = Hub::open(Arc::new(log), RING_CAPACITY).await?;
    Ok(Some(Arc::new(hub)))
}

pub(super) fn cluster(config: &Config) -> Result<Arc<dyn Cluster>, LogError> {
    Ok(match &config.log {
        LogStorage::Redis(url) => Arc::new(RedisCluster::new(url.expose())?),
        LogStorage::Memory | LogStorage::File(_) => Arc::new(SingleNodeCluster::default()),
    })
}
