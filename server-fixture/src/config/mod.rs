//! Every setting: a flag, an environment variable, and the textbook's default.

mod values;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

pub use self::values::{AuthScope, ConfigError, First, LogHome};
use self::values::{MIN_SECRET, log_home, seconds, some_seconds};
use crate::text::random_bytes;

/// The server side of Server-Sent Events: a reference server, and every misbehaviour on command.
#[derive(Clone, Debug, Parser)]
#[command(name = "server-fixture", version, args_override_self = true)]
#[non_exhaustive]
pub struct Config {
    /// TCP port; 0 takes any free one, which the first line on stdout names.
    #[arg(long, env = "PORT", default_value_t = 3000)]
    pub port: u16,

    /// Address to listen on.
    #[arg(long, env = "SSE_HOST", default_value = "127.0.0.1")]
    pub host: String,

    /// Port of the scripted misbehaving responder (0: any free one); not started if not given.
    #[arg(long, env = "SSE_FAULT_PORT")]
    pub fault_port: Option<u16>,

    /// Demo mode: anybody can log in under any name, a missing or weak secret is accepted,
    /// origins on this machine are allowed, and there is no rate limit unless one is set.
    #[arg(long, env = "SSE_DEMO")]
    pub demo: bool,

    /// Secret of the HS256 tokens, at least 32 bytes. Not given: a random one in demo mode, else
    /// the server does not start.
    #[arg(long, env = "JWT_SECRET", hide_env_values = true)]
    pub jwt_secret: Option<String>,

    /// Accept a token in the query as `?token=`: it will end up in other people's logs.
    #[arg(long, env = "SSE_QUERY_TOKEN")]
    pub query_token: bool,

    /// Which endpoints need a token. Not given: `events` in demo mode, else `all`.
    #[arg(long, env = "SSE_AUTH_SCOPE", value_enum)]
    pub auth_scope: Option<AuthScope>,

    /// An origin that may read answers across origins, with credentials; may be repeated.
    /// Not given: none, in demo mode every origin of this machine.
    #[arg(long = "allow-origin", env = "SSE_ALLOW_ORIGIN", value_delimiter = ',')]
    pub allow_origins: Vec<String>,

    /// Folder of static files served at `/`. Not given: there are none.
    #[arg(long = "static", env = "SSE_STATIC", value_name = "DIR")]
    pub static_dir: Option<PathBuf>,

    /// Content-Security-Policy of all answers. Not given: a built-in one, under which WebAssembly
    /// runs.
    #[arg(long, env = "SSE_CSP")]
    pub csp: Option<String>,

    /// Seconds of silence after which a comment with the cursor is sent.
    #[arg(long, env = "SSE_HEARTBEAT", value_parser = some_seconds, default_value = "30")]
    pub heartbeat: Duration,

    /// Seconds after which a stream is closed, give or take a tenth; never later than its token.
    #[arg(long, env = "SSE_MAX_AGE", value_parser = some_seconds, default_value = "3600")]
    pub max_age: Duration,

    /// Milliseconds that clients are told to wait before they reconnect; each is told up to a
    /// tenth more or less.
    #[arg(long, env = "SSE_RETRY", default_value_t = 3000)]
    pub retry: u64,

    /// Where the events are kept: `memory`, `file:PATH` (survives restarts), or
    /// `redis://HOST:PORT/DB` (shared by many nodes, with tasks, limits and revocations).
    #[arg(long, env = "SSE_LOG", default_value = "memory", value_parser = log_home)]
    pub log: LogHome,

    /// Events that the log keeps.
    #[arg(long, env = "SSE_KEEP", default_value_t = 100)]
    pub keep: usize,

    /// What a client without a cursor gets: events from now on, or all that are kept.
    #[arg(long, env = "SSE_FIRST_CONNECT", value_enum, default_value_t = First::Live)]
    pub first_connect: First,

    /// Seconds between two `metrics` events of this machine (every fifth time perhaps a
    /// `notification`); 0 publishes none.
    #[arg(long, env = "SSE_PULSE", value_parser = seconds, default_value = "1")]
    pub pulse: Duration,

    /// Streams that this node holds at most; 0 is no limit.
    #[arg(long, env = "SSE_MAX_CONNECTIONS", default_value_t = 1000)]
    pub max_connections: usize,

    /// Streams per client address; 0 is no limit.
    #[arg(long, env = "SSE_MAX_PER_IP", default_value_t = 0)]
    pub max_per_ip: usize,

    /// Streams per user; 0 is no limit.
    #[arg(long, env = "SSE_MAX_PER_USER", default_value_t = 0)]
    pub max_per_user: usize,

    /// Streams of all nodes together, known to within a second; 0 is no limit.
    #[arg(long, env = "SSE_MAX_CLUSTER", default_value_t = 0)]
    pub max_cluster: usize,

    /// Connects and publishes per user (or address, without a token) in a rate window; 0 is no
    /// limit. Not given: 100, in demo mode no limit.
    #[arg(long, env = "SSE_RATE_LIMIT")]
    pub rate_limit: Option<u32>,

    /// Seconds of a rate window.
    #[arg(long, env = "SSE_RATE_WINDOW", value_parser = some_seconds, default_value = "900")]
    pub rate_window: Duration,

    /// Address of a proxy whose `X-Forwarded-For` is believed; may be repeated. Not given:
    /// none.
    #[arg(
        long = "trusted-proxy",
        env = "SSE_TRUSTED_PROXY",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<IpAddr>,

    /// A file whose lines `/logs` streams. Not given: there is no such stream, in demo mode that of
    /// this server's own requests.
    #[arg(long, env = "SSE_TAIL", value_name = "FILE")]
    pub tail: Option<PathBuf>,

    /// Seconds of one of the eleven steps of a simulated task.
    #[arg(long, env = "SSE_TASK_STEP", value_parser = seconds, default_value = "0.5")]
    pub task_step: Duration,

    /// Seconds in which a request header must be complete.
    #[arg(long, env = "SSE_HEADER_TIMEOUT", value_parser = some_seconds, default_value = "8")]
    pub header_timeout: Duration,

    /// Seconds in which a request's body must have come and its answer begin: 408 after that.
    #[arg(long, env = "SSE_REQUEST_TIMEOUT", value_parser = some_seconds, default_value = "10")]
    pub request_timeout: Duration,

    /// Seconds that a client may leave a write unread before it is disconnected.
    #[arg(long, env = "SSE_WRITE_DEADLINE", value_parser = some_seconds, default_value = "10")]
    pub write_deadline: Duration,

    /// Bytes of a request body at most.
    #[arg(long, env = "SSE_MAX_BODY", default_value_t = 64 * 1024)]
    pub max_body: usize,

    /// Seconds between the first failing readiness answer and the farewell of the streams.
    #[arg(long, env = "SSE_DRAIN_DELAY", value_parser = seconds, default_value = "0")]
    pub drain_delay: Duration,

    /// Seconds after which a shutdown no longer waits for anybody.
    #[arg(long, env = "SSE_DRAIN_DEADLINE", value_parser = seconds, default_value = "4")]
    pub drain_deadline: Duration,
}

impl Config {
    /// Settings from flags, `["--demo", "--keep", "5"]`, over the environment and the defaults.
    ///
    /// # Errors
    /// What clap says of an unknown flag or an illegal value.
    pub fn from_flags<I, T>(flags: I) -> Result<Self, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<std::ffi::OsString> + Clone,
    {
        let name = std::ffi::OsString::from("server-fixture");
        Self::try_parse_from(std::iter::once(name).chain(flags.into_iter().map(Into::into)))
    }

    /// The secret to sign with.
    ///
    /// # Errors
    /// [`ConfigError::WeakSecret`] outside demo mode.
    pub fn secret(&self) -> Result<Vec<u8>, ConfigError> {
        match &self.jwt_secret {
            Some(secret) if self.demo || secret.len() >= MIN_SECRET => Ok(secret.clone().into()),
            None if self.demo => Ok(random_bytes(MIN_SECRET)),
            _ => Err(ConfigError::WeakSecret),
        }
    }

    /// The rate limit in force; 0 is none.
    pub(crate) fn effective_rate_limit(&self) -> u32 {
        self.rate_limit.unwrap_or(if self.demo { 0 } else { 100 })
    }

    /// Whether the plain endpoints need a token too.
    pub(crate) fn protects_all(&self) -> bool {
        let default = if self.demo {
            AuthScope::Events
        } else {
            AuthScope::All
        };
        self.auth_scope.unwrap_or(default) == AuthScope::All
    }
}
