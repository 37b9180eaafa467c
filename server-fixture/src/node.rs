//! One server: everything its endpoints share.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Uri};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admit::{Admission, Bounds};
use crate::auth::{Keys, Revocations, User};
use crate::burst::write_on_order;
use crate::cluster::Cluster;
use crate::config::{Config, ConfigError, First};
use crate::figures::Figures;
use crate::hub::Hub;
use crate::log::LogError;
use crate::membership::take_part;
use crate::mischief::Mischief;
use crate::refusal::Refusal;
use crate::resume::FirstConnect;
use crate::security;
use crate::stores;
use crate::tail;
use crate::text::random_hex;

/// Why a server does not start or stops.
#[derive(Debug, Error)]
pub enum ServerError {
    /// A setting is unsafe.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The event log cannot be opened.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// What the endpoints of one server share.
pub(crate) struct Node {
    pub(crate) config: Config,
    /// Tells the nodes of a cluster apart, in `connected` and in logs.
    pub(crate) name: String,
    pub(crate) keys: Keys,
    /// The Content-Security-Policy.
    pub(crate) policy: HeaderValue,
    pub(crate) revocations: Arc<Revocations>,
    pub(crate) figures: Arc<Figures>,
    pub(crate) admission: Arc<Admission>,
    /// What the nodes of a cluster agree on.
    pub(crate) cluster: Arc<dyn Cluster>,
    pub(crate) events: Arc<Hub>,
    /// Demo mode's faults.
    pub(crate) mischief: Option<Arc<Mischief>>,
    /// The lines of the followed file, or in demo mode of this server's own requests.
    pub(crate) lines: Option<Arc<Hub>>,
    /// Readiness fails from here on; set before the streams are told.
    pub(crate) leaving: CancellationToken,
    /// The streams say farewell.
    pub(crate) drain: CancellationToken,
    /// Background work, ended with the server.
    pub(crate) background: TaskTracker,
}

impl Node {
    pub(crate) async fn open(config: Config) -> Result<Arc<Self>, ServerError> {
        let secret = config.secret()?;
        let figures = Arc::new(Figures::new());
        let bounds = Bounds {
            node: config.max_connections,
            ip: config.max_per_ip,
            user: config.max_per_user,
            cluster: config.max_cluster,
        };
        let events = stores::events(&config).await?;
        let cluster = stores::cluster(&config)?;
        let node = Arc::new(Self {
            mischief: stores::mischief(&config, &cluster).await?,
            lines: stores::lines(&config).await?,
            cluster,
            name: random_hex(4),
            policy: security::policy(&config),
            keys: Keys::new(&secret, config.query_token),
            revocations: Arc::default(),
            admission: Admission::new(bounds, Arc::clone(&figures)),
            figures,
            events,
            leaving: CancellationToken::new(),
            drain: CancellationToken::new(),
            background: TaskTracker::new(),
            config,
        });
        node.start();
        Ok(node)
    }

    fn start(self: &Arc<Self>) {
        let events = Arc::clone(&self.events);
        self.in_background(async move { events.read_on().await });
        let node = Arc::clone(self);
        self.in_background(async move { take_part(&node).await });
        self.start_lines();
        self.start_mischief();
        if self.config.pulse > Duration::ZERO {
            let node = Arc::clone(self);
            self.in_background(async move { crate::pulse::beat(&node).await });
        }
    }

    fn start_lines(&self) {
        let Some(lines) = &self.lines else { return };
        // Also without a file: in demo mode others write lines.
        let (reader, lines) = (Arc::clone(lines), Arc::clone(lines));
        self.in_background(async move { reader.read_on().await });
        if let Some(path) = self.config.tail.clone() {
            self.in_background(async move { tail::follow(&path, &lines).await });
        }
    }

    fn start_mischief(self: &Arc<Self>) {
        let Some(mischief) = self.mischief.clone() else {
            return;
        };
        if let Some(lines) = self.lines.clone() {
            let heard = mischief.orders.listen();
            self.in_background(write_on_order(Arc::clone(self), lines, heard));
        }
        self.in_background(async move { mischief.orders.hear().await });
    }

    /// Ends a token now, on this node at once and on the others within a second.
    pub(crate) async fn revoke(&self, user: &User) -> Result<(), Refusal> {
        let (token_id, expires_at) = (user.token_id.clone(), user.expires_at);
        self.revocations.learn([(token_id.clone(), expires_at)]);
        let told = self.cluster.revoke(&token_id, expires_at).await;
        told.map_err(|_| Refusal::unavailable("The other nodes were not told", 1))
    }

    /// 503 for new streams once the server is on its way out.
    pub(crate) fn refuse_if_leaving(&self) -> Result<(), Refusal> {
        match self.leaving.is_cancelled() {
            true => Err(Refusal::unavailable("The server is shutting down", 1)),
            false => Ok(()),
        }
    }

    /// Runs `work` until the server has drained.
    pub(crate) fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        let drain = self.drain.clone();
        self.background
            .spawn(async move { drain.run_until_cancelled_owned(work).await });
    }

    /// The user behind a request, unless the token was ended early.
    pub(crate) fn authenticate(&self, headers: &HeaderMap, uri: &Uri) -> Result<User, Refusal> {
        let user = self.keys.authenticate(headers, uri)?;
        match self.revocations.contains(&user.token_id) {
            true => Err(Refusal::unauthorized("Token revoked")),
            false => Ok(user),
        }
    }

    /// The user behind a request to an endpoint that is open unless the server protects all. A
    /// token that is not needed may still be sent; a bad one is then worth nothing, not an error.
    pub(crate) fn authenticate_plain(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
    ) -> Result<Option<User>, Refusal> {
        match self.authenticate(headers, uri) {
            Err(refusal) if self.config.protects_all() => Err(refusal),
            user => Ok(user.ok()),
        }
    }

    /// The setting as the resume decision knows it.
    pub(crate) fn first_connect(&self) -> FirstConnect {
        match self.config.first_connect {
            First::Live => FirstConnect::Live,
            First::Retained => FirstConnect::Retained,
        }
    }

    /// The types of the plain dashboard stream.
    pub(crate) fn dashboard_types() -> HashSet<String> {
        ["metrics", "notification"].map(str::to_owned).into()
    }
}
