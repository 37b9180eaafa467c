//! The figures at `/metrics`, in Prometheus' text format. One registry per server.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::resume::Reason;

/// The types that get a label of their own. Types are chosen by publishers: a label for each
/// would let one of them fill the memory of every monitoring system, so the rest is `other`.
const EVENT_TYPES: [&str; 7] = [
    "message",
    "metrics",
    "notification",
    "update",
    "progress",
    "log",
    "other",
];

/// In events: up to date, a burst behind, beyond a batch, beyond the ring.
const LAG_BUCKETS: [f64; 5] = [0.0, 10.0, 100.0, 256.0, 1024.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct EventType {
    event_type: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Why {
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// All metrics of one server.
pub(crate) struct Figures {
    registry: Registry,
    active: Gauge,
    connections: Counter,
    /// Looked up without the family's lock, because it is counted for every delivery.
    sent: HashMap<&'static str, Counter<u64, AtomicU64>>,
    rejected: Family<Why, Counter>,
    disconnects: Family<Why, Counter>,
    resumes: Family<Outcome, Counter>,
    gaps: Family<Why, Counter>,
    log_connected: Gauge,
    published: Counter,
    cluster: Gauge,
    lag: Histogram,
}

impl Figures {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::default();
        let lag = Histogram::new(LAG_BUCKETS);
        let help = "Events that a stream was behind when it was sent some";
        registry.register("sse_client_lag_events", help, lag.clone());
        let sent = Family::<EventType, Counter>::default();
        registry.register("sse_messages_sent", "Events sent to clients", sent.clone());
        let sent = EVENT_TYPES.map(|event_type| {
            (
                event_type,
                sent.get_or_create_owned(&EventType { event_type }),
            )
        });
        Self {
            active: add(&mut registry, "sse_active_connections", "Open streams"),
            connections: add(&mut registry, "sse_connections", "Streams opened"),
            sent: sent.into(),
            rejected: add(&mut registry, "sse_rejected", "Requests refused, by limit"),
            disconnects: add(&mut registry, "sse_disconnects", "Streams ended, by reason"),
            resumes: add(&mut registry, "sse_resumes", "Streams opened with a cursor"),
            gaps: add(&mut registry, "sse_gaps", "Gaps told to clients, by reason"),
            log_connected: add(
                &mut registry,
                "sse_log_connected",
                "1 if the event log answers",
            ),
            published: add(&mut registry, "sse_published", "Events published here"),
            cluster: add(
                &mut registry,
                "sse_cluster_connections",
                "Open streams of all nodes",
            ),
            lag,
            registry,
        }
    }

    pub(crate) fn opened(&self) {
        self.active.inc();
        self.connections.inc();
    }

    pub(crate) fn closed(&self, reason: &'static str) {
        self.active.dec();
        self.disconnects.get_or_create(&Why { reason }).inc();
    }

    pub(crate) fn sent(&self, event_type: &str) {
        if let Some(counter) = self.sent.get(event_type).or_else(|| self.sent.get("other")) {
            counter.inc();
        }
    }

    pub(crate) fn rejected(&self, reason: &'static str) {
        self.rejected.get_or_create(&Why { reason }).inc();
    }

    pub(crate) fn resumed(&self, outcome: &'static str) {
        self.resumes.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn gap(&self, reason: Reason) {
        self.gaps
            .get_or_create(&Why {
                reason: reason.as_str(),
            })
            .inc();
    }

    pub(crate) fn published(&self) {
        self.published.inc();
    }

    pub(crate) fn cluster(&self, streams: usize) {
        self.cluster.set(i64::try_from(streams).unwrap_or(i64::MAX));
    }

    pub(crate) fn lag(&self, events: u64) {
        // Beyond 2^32 events the exact number says nothing.
        self.lag
            .observe(u32::try_from(events).unwrap_or(u32::MAX).into());
    }

    /// The exposition; `log_connected` is asked at this moment, not remembered.
    pub(crate) fn text(&self, log_connected: bool) -> Result<String, std::fmt::Error> {
        self.log_connected.set(log_connected.into());
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn add<M>(registry: &mut Registry, name: &str, help: &str) -> M
where
    M: Clone + Default + prometheus_client::registry::Metric,
{
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}
