//! The metrics at `/metrics`, in Prometheus' text format. Each server has its own registry, so that
//! tests can run many servers in one process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The event types that get their own label. All other types count as `other`, because publishers
/// choose the types, and each label value costs memory in the monitoring system.
const EVENT_TYPES: [&str; 7] = [
    "message",
    "metrics",
    "notification",
    "update",
    "progress",
    "log",
    "other",
];

/// Bucket bounds in events: up to date, a small burst, 100, one batch, the whole ring.
const LAG_BUCKETS: [f64; 5] = [0.0, 10.0, 100.0, 256.0, 1024.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct EventTypeLabel {
    event_type: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

/// All metrics of one server.
pub(crate) struct Metrics {
    registry: Registry,
    active: Gauge,
    connections: Counter,
    /// The counters of a family, resolved once. A lookup in the family takes a lock, and every
    /// delivery counts.
    sent: HashMap<&'static str, Counter<u64, AtomicU64>>,
    rejected: Family<ReasonLabel, Counter>,
    disconnects: Family<ReasonLabel, Counter>,
    resumes: Family<OutcomeLabel, Counter>,
    gaps: Family<ReasonLabel, Counter>,
    log_connected: Gauge,
    published: Counter,
    cluster: Gauge,
    lag: Histogram,
    lost_log_lines: Counter,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::default();
        let lag = Histogram::new(LAG_BUCKETS);
        let help = "Events that a stream was behind the log after a write";
        registry.register("sse_client_lag_events", help, lag.clone());
        let sent = Family::<EventTypeLabel, Counter>::default();
        registry.register("sse_messages_sent", "Events sent to clients", sent.clone());
        let sent = EVENT_TYPES.map(|event_type| {
            (
                event_type,
                sent.get_or_create_owned(&EventTypeLabel { event_type }),
            )
        });
        Self {
            active: add(&mut registry, "sse_active_connections", "Open streams"),
            connections: add(&mut registry, "sse_connections", "Streams opened"),
            sent: sent.into(),
            rejected: add(&mut registry, "sse_rejected", "Requests refused, by limit"),
            disconnects: add(&mut registry, "sse_disconnects", "Streams ended, by reason"),
            resumes: add(&mut registry, "sse_resumes", "Streams opened with a cursor"),
            gaps: add(
                &mut registry,
                "sse_gaps",
                "Gaps reported to clients, by reason",
            ),
            log_connected: add(
                &mut registry,
                "sse_log_connected",
                "1 if the event log is available",
            ),
            published: add(&mut registry, "sse_published", "Events published here"),
            cluster: add(
                &mut registry,
                "sse_cluster_connections",
                "Open streams of all nodes",
            ),
            lost_log_lines: add(
                &mut registry,
                "sse_log_lines_lost",
                "Lines of the server's log that were not written to stderr",
            ),
            lag,
            registry,
        }
    }

    pub(crate) fn stream_opened(&self) {
        self.active.inc();
        self.connections.inc();
    }

    pub(crate) fn stream_closed(&self, reason: &'static str) {
        self.active.dec();
        self.disconnects
            .get_or_create(&ReasonLabel { reason })
            .inc();
    }

    pub(crate) fn event_sent(&self, event_type: &str) {
        if let Some(counter) = self.sent.get(event_type).or_else(|| self.sent.get("other")) {
            counter.inc();
        }
    }

    pub(crate) fn rejected(&self, reason: &'static str) {
        self.rejected.get_or_create(&ReasonLabel { reason }).inc();
    }

    pub(crate) fn resumed(&self, outcome: &'static str) {
        self.resumes.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(crate) fn gap(&self, reason: &'static str) {
        self.gaps.get_or_create(&ReasonLabel { reason }).inc();
    }

    pub(crate) fn published(&self) {
        self.published.inc();
    }

    pub(crate) fn set_cluster_streams(&self, streams: usize) {
        self.cluster.set(i64::try_from(streams).unwrap_or(i64::MAX));
    }

    pub(crate) fn observe_lag(&self, events: u64) {
        // Histograms take `f64`. Saturating at 2^32 avoids a lossy conversion.
        self.lag
            .observe(u32::try_from(events).unwrap_or(u32::MAX).into());
    }

    /// Returns the exposition with the current values of the two metrics that are measured elsewhere.
    pub(crate) fn to_text(
        &self,
        log_connected: bool,
        lost_log_lines: u64,
    ) -> Result<String, std::fmt::Error> {
        self.log_connected.set(log_connected.into());
        let counter = self.lost_log_lines.inner();
        counter.store(lost_log_lines, Ordering::Relaxed);
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
