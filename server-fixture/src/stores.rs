//! Where a node keeps its things, as its settings say.

use std::sync::Arc;

use crate::cluster::{Alone, Cluster, OnRedis};
use crate::config::{Config, LogHome};
use crate::hub::Hub;
use crate::log::{EventLog, FileLog, LogError, MemoryLog, RedisLog};
use crate::mischief::Mischief;
use crate::orders::{KEPT_ORDERS, Orders};

/// Frames that the ring holds at most: enough for a burst, small enough to forget.
const RING: usize = 1024;

/// Lines of the followed file that are kept: as many as the textbook's page shows.
const KEPT_LINES: usize = 1000;

/// Demo mode's own lines that are kept: they are short, and a page that is busy for a moment while
/// thousands come each second is not to miss any.
const KEPT_DEMO_LINES: usize = 10_000;

pub(crate) async fn events(config: &Config) -> Result<Arc<Hub>, LogError> {
    let log: Arc<dyn EventLog> = match &config.log {
        LogHome::Memory => Arc::new(MemoryLog::new(config.keep)),
        LogHome::File(path) => Arc::new(FileLog::open(path, config.keep).await?),
        LogHome::Redis(url) => Arc::new(RedisLog::new(url, "sse:events", config.keep)?),
    };
    Ok(Arc::new(Hub::open(log, RING).await?))
}

pub(crate) async fn mischief(
    config: &Config,
    cluster: &Arc<dyn Cluster>,
) -> Result<Option<Arc<Mischief>>, LogError> {
    if !config.demo {
        return Ok(None);
    }
    let log: Arc<dyn EventLog> = match &config.log {
        LogHome::Redis(url) => Arc::new(RedisLog::new(url, "sse:orders", KEPT_ORDERS)?),
        // Orders are for the moment: a restart forgets them.
        LogHome::Memory | LogHome::File(_) => Arc::new(MemoryLog::new(KEPT_ORDERS)),
    };
    let orders = Orders::open(log).await?;
    Ok(Some(Arc::new(Mischief::new(orders, Arc::clone(cluster)))))
}

/// The lines of `/logs`, always in memory: a file is on one machine, and so are its lines.
pub(crate) async fn lines(config: &Config) -> Result<Option<Arc<Hub>>, LogError> {
    let has_lines = config.tail.is_some() || config.demo;
    if !has_lines {
        return Ok(None);
    }
    let kept = match config.tail {
        Some(_) => KEPT_LINES,
        None => KEPT_DEMO_LINES,
    };
    let hub = Hub::open(Arc::new(MemoryLog::new(kept)), RING).await?;
    Ok(Some(Arc::new(hub)))
}

pub(crate) fn cluster(config: &Config) -> Result<Arc<dyn Cluster>, LogError> {
    Ok(match &config.log {
        LogHome::Redis(url) => Arc::new(OnRedis::new(url)?),
        LogHome::Memory | LogHome::File(_) => Arc::new(Alone::default()),
    })
}
