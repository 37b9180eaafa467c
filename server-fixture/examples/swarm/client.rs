//! One client: the connection loop of the crate, on tokio instead of a browser.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use authenticated_event_source::connection::{
    Decision, Failure, Liveness, Millis, Reason, Retry, RetryState, SilenceLimit, renew_in,
};
use authenticated_event_source::event_stream::{EventStreamParser, Item, decode};
use fastrand::Rng;
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use tokio::time::{sleep, timeout};

use crate::Settings;
use crate::http::{Token, login, open, unix_now};
use crate::ledger::{Return, Shared};

/// The time limit for the token, and again for the response.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The time before its expiry at which a token is renewed.
const RENEW_BEFORE: Millis = Millis::from_secs(2);

/// One client and its ledger.
pub(crate) struct Client {
    address: SocketAddr,
    name: String,
    ttl: u64,
    /// Whether the client renews its token in time. Other clients receive a 401 when it expires.
    renews: bool,
    token: Option<Token>,
    connection: RetryState,
    liveness: Liveness,
    random: Rng,
    shared: Arc<Shared>,
}

/// The way in which an attempt or a stream ended.
enum Over {
    Failed(Failure),
    Renewal,
}

impl Client {
    /// Connects in a task of its own, and reads from the earliest event.
    pub(crate) fn start(settings: &Settings, number: u64) -> Arc<Shared> {
        let shared = Arc::<Shared>::default();
        let name = format!("native-{number}");
        shared.ledger().name.clone_from(&name);
        let retry = Retry::default().max_delay(Duration::from_secs_f64(settings.max_delay));
        let silence = Duration::from_secs_f64(settings.heartbeat);
        let client = Self {
            address: settings.address,
            name,
            ttl: settings.ttl,
            renews: number.is_multiple_of(2),
            token: None,
            connection: RetryState::new(retry, true, "earliest".to_owned()),
            liveness: Liveness::new(SilenceLimit::After(silence.into())),
            random: Rng::with_seed(settings.seed.wrapping_add(number)),
            shared: Arc::clone(&shared),
        };
        tokio::spawn(client.run());
        shared
    }

    async fn run(mut self) {
        loop {
            let over = match self.attempt().await {
                Ok(body) => self.read(body).await,
                Err(failure) => Over::Failed(failure),
            };
            self.shared.set_open(false);
            match over {
                Over::Renewal => {
                    self.shared.ledger().renewals += 1;
                    self.connection.restart();
                }
                Over::Failed(failure) => {
                    if !self.reestablish(&failure).await {
                        self.shared.ledger().stopped = Some(failure.message());
                        return;
                    }
                }
            }
        }
    }

    async fn attempt(&mut self) -> Result<Incoming, Failure> {
        let token = self.fresh_token().await?;
        let id = self.connection.last_event_id();
        let answer = timeout(CONNECT_TIMEOUT, open(self.address, &token, id)).await;
        let body = answer.unwrap_or(Err(Failure::new(Reason::Timeout)))?;
        self.connection.announce(unix_now());
        self.liveness.on_open(unix_now(), None);
        self.shared.ledger().connections += 1;
        self.shared.set_open(true);
        Ok(body)
    }

    async fn fresh_token(&mut self) -> Result<String, Failure> {
        if self.token.is_none() || self.renews {
            let token = timeout(CONNECT_TIMEOUT, login(self.address, &self.name, self.ttl)).await;
            self.token = Some(token.unwrap_or(Err(Failure::new(Reason::Auth)))?);
        }
        Ok(self.token.clone().map(|token| token.text).unwrap())
    }

    async fn read(&mut self, mut body: Incoming) -> Over {
        let mut parser = EventStreamParser::new();
        parser.reset(self.connection.last_event_id());
        let renew_at = self.renew_at();
        loop {
            let wake_at = self.liveness.deadline().into_iter().chain(renew_at).min();
            let wait = wake_at.map_or(Duration::MAX, |at| at.saturating_sub(unix_now()).into());
            let over = match timeout(wait, body.frame()).await {
                Ok(Some(Ok(frame))) => frame
                    .into_data()
                    .ok()
                    .and_then(|bytes| self.deliver(&mut parser, &bytes)),
                Ok(Some(Err(_))) => Some(Over::Failed(Failure::new(Reason::Network))),
                Ok(None) => Some(Over::Failed(Failure::new(Reason::End))),
                Err(_) => self.check(renew_at),
            };
            if let Some(over) = over {
                return over;
            }
        }
    }

    fn renew_at(&self) -> Option<Millis> {
        let token = self.token.as_ref().filter(|_| self.renews)?;
        let wait = renew_in(token.expires_at, unix_now(), RENEW_BEFORE)?;
        Some(unix_now().saturating_add(wait))
    }

    /// Returns how the stream ends if one of its times is reached.
    fn check(&mut self, renew_at: Option<Millis>) -> Option<Over> {
        let now = unix_now();
        if self.liveness.deadline().is_some_and(|at| now >= at) {
            let reason = self.liveness.on_deadline(now);
            return reason.map(|reason| Over::Failed(Failure::new(reason)));
        }
        renew_at
            .is_some_and(|at| now >= at)
            .then_some(Over::Renewal)
    }

    fn deliver(&mut self, parser: &mut EventStreamParser, bytes: &Bytes) -> Option<Over> {
        let mut has_comment = false;
        let is_comment = bytes.starts_with(b":");
        parser.feed(bytes);
        while let Some(item) = parser.next_item() {
            match item {
                Item::TooLarge => return Some(Over::Failed(Failure::new(Reason::TooLarge))),
                Item::Comment(_) => has_comment = true,
                Item::Event(event) => {
                    let (data, mut ledger) = (decode(event.data), self.shared.ledger());
                    match event.event_type {
                        b"update" => ledger.event(&decode(event.last_event_id), &data),
                        b"gap" => ledger.gap(&data),
                        _ => {}
                    }
                }
                _ => {}
            }
            self.connection.commit(&item);
        }
        let now = unix_now();
        self.liveness.on_bytes(now, now, is_comment && has_comment);
        None
    }

    /// Waits as the retry policy decides. Returns `false` if the policy stops the client.
    async fn reestablish(&mut self, failure: &Failure) -> bool {
        let (lost_at, reason) = (unix_now(), failure.reason.as_str());
        *self.shared.ledger().failures.entry(reason).or_default() += 1;
        let random = self.random.f64();
        match self.connection.decide(failure, None, lost_at, random) {
            Decision::Wait(wait) => sleep(wait.into()).await,
            Decision::Refresh | Decision::UseNonce => {
                self.token = None;
                return true;
            }
            Decision::Stop => return false,
        }
        let millis = |time: Millis| time.get() as f64;
        self.shared.ledger().returned(Return {
            lost_at: millis(lost_at),
            attempted_at: millis(unix_now()),
            base: millis(self.connection.reconnection_time()),
            retry: self.connection.retries(),
        });
        true
    }
}
