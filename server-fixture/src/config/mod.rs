//! All settings. Each has a flag, an environment variable and a default.

mod values;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

pub use self::values::{AuthScope, ConfigError, FirstConnectMode, LogStorage, Secret};
use self::values::{MIN_SECRET, hide_secrets, log_home, nonzero_seconds, seconds};
use crate::util::random_bytes;

/// The default of `--metrics-interval`.
const DEFAULT_METRICS_INTERVAL: Duration = Duration::from_secs(1);

/// The server side of Server-Sent Events: a reference server, and a fault server for tests.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "server-fixture",
    version,
    args_override_self = true,
    after_help = "Times are in seconds, with an optional fraction, at most 315360000 (ten years). \
                  Timeouts and intervals that may not be 0 are at least 0.001. Flags override \
                  environment variables."
)]
#[non_exhaustive]
pub struct Config {
    /// TCP port. 0 selects a free port, which the first line on stdout shows.
    #[arg(long, env = "PORT", default_value_t = 3000)]
    pub port: u16,

    /// Address to listen on.
    #[arg(long, env = "SSE_HOST", default_value = "127.0.0.1")]
    pub host: String,

    /// Port of the fault server. 0 selects a free port. Not given: the fault server is not started.
    #[arg(long, env = "SSE_FAULT_PORT")]
    pub fault_port: Option<u16>,

    /// Demo mode, for tests only. Login needs no password, a missing or weak secret is accepted, and
    /// pages of this machine may read responses. No rate limit applies unless one is set.
    #[arg(long, env = "SSE_DEMO")]
    pub demo: bool,

    /// Secret of the HS256 tokens, at least 32 bytes. Not given: a random secret in demo mode,
    /// otherwise the server does not start.
    #[arg(
        long,
        env = "JWT_SECRET",
        hide_env_values = true,
        allow_hyphen_values = true
    )]
    pub jwt_secret: Option<Secret>,

    /// Accept a token in the query as `?token=`. Proxies and other servers may log such a token.
    #[arg(long, env = "SSE_QUERY_TOKEN")]
    pub query_token: bool,

    /// Endpoints that need a token. Not given: `events` in demo mode, otherwise `all`.
    #[arg(long, env = "SSE_AUTH_SCOPE", value_enum)]
    pub auth_scope: Option<AuthScope>,

    /// Origin that may read responses with credentials (CORS). May be repeated. Not given: no
    /// origin, or in demo mode every origin of this machine.
    #[arg(long = "allow-origin", env = "SSE_ALLOW_ORIGIN", value_delimiter = ',')]
    pub allow_origins: Vec<String>,

    /// Folder of static files to serve at `/`. Not given: no static files.
    #[arg(long = "static", env = "SSE_STATIC", value_name = "DIR")]
    pub static_dir: Option<PathBuf>,

    /// Content-Security-Policy of all responses. Not given: a built-in policy that allows
    /// WebAssembly.
    #[arg(long, env = "SSE_CSP")]
    pub csp: Option<String>,

    /// Seconds of silence after which a stream sends a comment with the cursor.
    #[arg(long, env = "SSE_HEARTBEAT", value_parser = nonzero_seconds, default_value = "30")]
    pub heartbeat: Duration,

    /// Seconds after which a stream closes, plus or minus a tenth. It never outlives its token.
    #[arg(long, env = "SSE_MAX_AGE", value_parser = nonzero_seconds, default_value = "3600")]
    pub max_age: Duration,

    /// Reconnection time of clients in milliseconds, at most a day. Each client gets up to a tenth more
    /// or less.
    #[arg(
        long,
        env = "SSE_RETRY",
        default_value_t = 3000,
        value_parser = clap::value_parser!(u64).range(..=86_400_000)
    )]
    pub retry: u64,

    /// Event log: `memory`, `file:PATH` (survives restarts), or `redis://HOST:PORT/DB` (shared by
    /// several nodes, together with tasks, limits and revocations).
    #[arg(
        long,
        env = "SSE_LOG",
        hide_env_values = true,
        default_value = "memory",
        value_parser = log_home
    )]
    pub log: LogStorage,

    /// Number of events that the log keeps.
    #[arg(long, env = "SSE_KEEP", default_value_t = 100)]
    pub keep: usize,

    /// Events for a client without a cursor: new events, or all stored events first.
    #[arg(long, env = "SSE_FIRST_CONNECT", value_enum, default_value_t = FirstConnectMode::Live)]
    pub first_connect: FirstConnectMode,

    /// Seconds between two `metrics` events of this machine. 0 publishes none. Some of them are
    /// followed by a `notification` event. Not given: 1.
    #[arg(long, env = "SSE_METRICS_INTERVAL", value_parser = seconds)]
    pub metrics_interval: Option<Duration>,

    /// Deprecated name of `--metrics-interval`. Not given: no effect.
    #[arg(long, env = "SSE_PULSE", value_parser = seconds, hide = true)]
    pulse: Option<Duration>,

    /// Most streams of this node. 0 means no limit. Fewer if `ulimit -n` is too low.
    #[arg(long, env = "SSE_MAX_CONNECTIONS", default_value_t = 1000)]
    pub max_connections: usize,

    /// Most streams per client address on this node. 0 means no limit. An IPv6 client counts by its /64.
    #[arg(long, env = "SSE_MAX_PER_IP", default_value_t = 0)]
    pub max_per_ip: usize,

    /// Most streams per user on this node. 0 means no limit.
    #[arg(long, env = "SSE_MAX_PER_USER", default_value_t = 0)]
    pub max_per_user: usize,

    /// Most streams of all nodes together, counted once per second. 0 means no limit.
    #[arg(long, env = "SSE_MAX_CLUSTER", default_value_t = 0)]
    pub max_cluster: usize,

    /// Most connects and requests that create something per user in a rate window. Requests without a
    /// token count per address. Logins and logouts have windows of their own. 0 means no limit. Not
    /// given: 100, or in demo mode no limit.
    #[arg(long, env = "SSE_RATE_LIMIT")]
    pub rate_limit: Option<u32>,

    /// Length of a rate window in seconds.
    #[arg(long, env = "SSE_RATE_WINDOW", value_parser = nonzero_seconds, default_value = "900")]
    pub rate_window: Duration,

    /// Address of a proxy whose `X-Forwarded-For` is used. May be repeated. Not given: no proxy.
    #[arg(
        long = "trusted-proxy",
        env = "SSE_TRUSTED_PROXY",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<IpAddr>,

    /// File whose lines `/logs` streams. Not given: no such stream, or in demo mode the access log
    /// of this server.
    #[arg(long, env = "SSE_TAIL", value_name = "FILE")]
    pub tail: Option<PathBuf>,

    /// Length in seconds of each of the eleven steps of a simulated task.
    #[arg(long, env = "SSE_TASK_STEP", value_parser = seconds, default_value = "0.5")]
    pub task_step: Duration,

    /// Seconds until a request header must be complete.
    #[arg(long, env = "SSE_HEADER_TIMEOUT", value_parser = nonzero_seconds, default_value = "8")]
    pub header_timeout: Duration,

    /// Seconds until a request body must be complete and the response begins. Otherwise 408.
    #[arg(long, env = "SSE_REQUEST_TIMEOUT", value_parser = nonzero_seconds, default_value = "10")]
    pub request_timeout: Duration,

    /// Seconds that a write may be pending before the client is disconnected.
    #[arg(long, env = "SSE_WRITE_DEADLINE", value_parser = nonzero_seconds, default_value = "10")]
    pub write_deadline: Duration,

    /// Most bytes of a request body.
    #[arg(long, env = "SSE_MAX_BODY", default_value_t = 64 * 1024)]
    pub max_body: usize,

    /// Seconds between the first failing readiness check and the `shutdown` event of the streams.
    #[arg(long, env = "SSE_DRAIN_DELAY", value_parser = seconds, default_value = "0")]
    pub drain_delay: Duration,

    /// Seconds after which a shutdown closes all open connections.
    #[arg(long, env = "SSE_DRAIN_DEADLINE", value_parser = seconds, default_value = "4")]
    pub drain_deadline: Duration,
}

impl Config {
    /// Parses flags such as `["--demo", "--keep", "5"]`. Flags override environment variables, which
    /// override defaults.
    ///
    /// # Errors
    /// Returns an error for an unknown flag or an invalid value. The error contains no secret, unlike
    /// the error of `Config::try_parse`.
    pub fn from_flags<I, T>(flags: I) -> Result<Self, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<std::ffi::OsString> + Clone,
    {
        let name = std::ffi::OsString::from("server-fixture");
        let all = std::iter::once(name).chain(flags.into_iter().map(Into::into));
        Self::try_parse_from(all).map_err(hide_secrets)
    }

    /// Returns the secret that signs tokens.
    ///
    /// # Errors
    /// Returns [`ConfigError::WeakSecret`] outside demo mode.
    pub fn secret(&self) -> Result<Vec<u8>, ConfigError> {
        match &self.jwt_secret {
            Some(secret) if self.demo || secret.expose().len() >= MIN_SECRET => {
                Ok(secret.expose().into())
            }
            None if self.demo => Ok(random_bytes(MIN_SECRET)),
            _ => Err(ConfigError::WeakSecret),
        }
    }

    /// Returns the rate limit. 0 means no limit.
    pub(crate) fn effective_rate_limit(&self) -> u32 {
        self.rate_limit.unwrap_or(if self.demo { 0 } else { 100 })
    }

    /// Returns the interval of the `metrics` events. Zero means none. The deprecated `--pulse` only
    /// counts without `--metrics-interval`.
    #[must_use]
    pub fn effective_metrics_interval(&self) -> Duration {
        let given = self.metrics_interval.or(self.pulse);
        given.unwrap_or(DEFAULT_METRICS_INTERVAL)
    }

    /// Returns a warning if a deprecated setting is used.
    pub(crate) fn deprecation_warning(&self) -> Option<&'static str> {
        self.pulse.map(|_| {
            "`--pulse` (SSE_PULSE) is deprecated. Use `--metrics-interval` \
             (SSE_METRICS_INTERVAL) instead."
        })
    }

    /// Returns whether all endpoints need a token.
    pub(crate) fn protects_all(&self) -> bool {
        let default = if self.demo {
            AuthScope::Events
        } else {
            AuthScope::All
        };
        self.auth_scope.unwrap_or(default) == AuthScope::All
    }
}
