use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use core::time::Duration;

use futures_core::future::LocalBoxFuture;
use js_sys::Uint8Array;
use web_sys::Response;

use super::attempt::{Attempt, EventStream, Lost};
use super::auth::{AttemptContext, Cause, Token};
use super::interrupts::{Interrupt, Interrupts};
use super::observer::Observer;
use super::options::Options;
use super::pace::Pace;
use super::page::Page;
use super::sys;
use super::timer::Alarm;
use crate::connection::{Connection, Liveness, Next, ReadyState, Reason, RetryOn, renew_in};
use crate::event_stream::{EventStreamParser, digits};

/// A token that was just renewed is not renewed again sooner than this: the server decides.
const SHORTEST_RENEWAL: Duration = Duration::from_secs(1);

/// One event source: what it was told, where it stands, who looks at it.
pub(crate) struct Source<O> {
    pub(crate) options: Options,
    pub(crate) connection: RefCell<Connection>,
    pub(crate) observer: O,
    interrupts: Rc<Interrupts>,
    liveness: RefCell<Liveness>,
    /// The token that was sent last.
    token: RefCell<Option<Token>>,
    pace: Cell<Pace>,
}

/// How an attempt, or a stream, is over.
enum Over {
    Lost(Box<Lost>),
    /// Left without any failure, to be connected anew.
    Left(Cause),
}

/// What woke the loop while it read.
enum Woken {
    Chunk(Uint8Array),
    Over(Over),
    ByClock,
}

impl<O: Observer> Source<O> {
    pub(crate) fn new(options: Options, observer: O) -> Self {
        let last_event_id = options.last_event_id.clone();
        let connection =
            Connection::new(options.retry.clone(), options.can_refresh(), last_event_id);
        Self {
            connection: RefCell::new(connection),
            observer,
            interrupts: Rc::default(),
            liveness: RefCell::new(Liveness::new(options.heartbeat_timeout)),
            token: RefCell::default(),
            pace: Cell::new(Pace::START),
            options,
        }
    }

    /// Connects anew, at once, with the same last event ID.
    pub(crate) fn reconnect(&self) {
        self.interrupts.raise(Interrupt::Reconnect);
    }

    /// Closes for good, and wakes the loop, so that it lets go of all that it holds.
    #[cfg(feature = "npm")]
    pub(crate) fn close(&self) {
        self.connection.borrow_mut().close();
        self.interrupts.raise(Interrupt::Wake);
    }

    /// Runs until the connection is closed, also if that is done from outside.
    #[cfg(feature = "npm")]
    pub(crate) async fn run_until_closed(&self) {
        let mut run = pin!(self.run());
        poll_fn(|context| {
            let is_over = self.is_closed() || run.as_mut().poll(context).is_ready();
            // A callback may have closed it just now, and would be the last to wake the loop.
            match is_over || self.is_closed() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    fn is_closed(&self) -> bool {
        self.connection.borrow().ready_state() == ReadyState::Closed
    }

    /// Whether the stream being read is to be left: what it still holds comes again.
    pub(crate) fn is_leaving(&self) -> bool {
        self.interrupts.is_leaving()
    }

    /// Connects, reads and reconnects ([WHATWG HTML §9.2.3]) until the connection is closed.
    /// Dropping the future releases all that it holds: request, reader, timers, listeners.
    ///
    /// [WHATWG HTML §9.2.3]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
    pub(crate) async fn run(&self) {
        let _page = Page::watch(&self.interrupts, &self.options);
        let mut cause = Cause::Start;
        while !self.is_closed() {
            let over = match self.open(cause).await {
                Ok(stream) => {
                    self.announce(&stream);
                    self.unless_it_acts(self.read(stream, cause).await)
                }
                Err(over) => over,
            };
            cause = match over {
                Over::Lost(lost) => self.reestablish_or_fail(lost).await,
                Over::Left(cause) => self.leave(cause).await,
            };
        }
    }

    /// One attempt. The credentials and the response have the connect timeout each for itself: a
    /// user who signs in again must not find the time for the response used up.
    async fn open(&self, cause: Cause) -> Result<Box<EventStream>, Over> {
        if self.interrupts.is_suspended() {
            return Err(Over::Left(Cause::Suspension));
        }
        self.interrupts.clear();
        let attempt = self.attempt(cause);
        let request = self
            .within(Reason::Auth, Box::pin(attempt.prepare()))
            .await?;
        self.within(Reason::Timeout, Box::pin(attempt.send(request)))
            .await
            .map_err(|over| self.unless_it_acts(over))
    }

    /// A page that is hidden and shown again must not send a request twice that may act twice: the
    /// stream is left only if it may be asked for again, else it is lost.
    fn unless_it_acts(&self, over: Over) -> Over {
        let options = &self.options;
        let may_resend = options.is_get || options.retry.on != RetryOn::Never;
        match over {
            Over::Left(Cause::Suspension) if !may_resend => Over::Lost(Lost::new(Reason::Network)),
            over => over,
        }
    }

    fn attempt(&self, cause: Cause) -> Attempt<'_> {
        let connection = self.connection.borrow();
        let (retries, has_opened) = (connection.retries(), connection.has_opened());
        Attempt {
            options: &self.options,
            last_event_id: connection.last_event_id().to_owned(),
            context: AttemptContext {
                attempt: retries + 1,
                cause,
            },
            // The first failure is worth a question; after an open stream the second in a row
            // is, because a server that restarts answers questions before long. To the standard
            // each refusal is final.
            probes: self.options.retry.is_spec
                || if has_opened {
                    retries > 1
                } else {
                    retries == 0
                },
            has_opened,
        }
    }

    /// Waits for `work`, unless the connect timeout or an interrupt ends it.
    async fn within<T>(
        &self,
        reason: Reason,
        mut work: LocalBoxFuture<'_, Result<T, Box<Lost>>>,
    ) -> Result<T, Over> {
        let mut alarm = pin!(Alarm::after(self.options.connect_timeout));
        poll_fn(|context| {
            if let Poll::Ready(left) = self.poll_left(context) {
                return Poll::Ready(Err(Over::Left(left)));
            }
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done.map_err(Over::Lost));
            }
            alarm
                .as_mut()
                .poll(context)
                .map(|()| Err(Over::Lost(Lost::new(reason))))
        })
        .await
    }

    /// Ready when what is under way is to be left.
    fn poll_left(&self, context: &mut Context<'_>) -> Poll<Cause> {
        loop {
            match self.interrupts.poll(context) {
                Poll::Ready(Interrupt::Reconnect) => return Poll::Ready(Cause::Reconnect),
                Poll::Ready(Interrupt::Suspend) => return Poll::Ready(Cause::Suspension),
                Poll::Ready(Interrupt::Wake) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn announce(&self, stream: &EventStream) {
        let now = sys::now();
        let is_resumed = self.connection.borrow().has_opened();
        self.connection.borrow_mut().announce(now);
        let mut liveness = self.liveness.borrow_mut();
        liveness.opened(now);
        liveness.announced(announced_rhythm(&stream.response));
        drop(liveness);
        // By the standard the request keeps the URLs that redirects have added to it.
        if self.options.retry.is_spec && stream.response.redirected() {
            self.options.url.set_href(&stream.response.url());
        }
        self.observer.opened(&stream.response, is_resumed);
    }

    /// Reads the stream until it ends, breaks off, falls silent or is left.
    async fn read(&self, mut stream: Box<EventStream>, cause: Cause) -> Over {
        let mut parser = EventStreamParser::new().max_event_size(self.options.max_event_size);
        parser.reset(self.connection.borrow().last_event_id());
        let renew_at = self.renew_at(&stream, cause);
        loop {
            let over = match self.woken(&mut stream, renew_at).await {
                Woken::Chunk(chunk) => self.deliver(&mut parser, &chunk).await,
                Woken::Over(over) => Some(over),
                Woken::ByClock => self.check(renew_at),
            };
            if let Some(over) = over {
                return over;
            }
        }
    }

    async fn woken(&self, stream: &mut EventStream, renew_at: Option<Duration>) -> Woken {
        let deadline = self.liveness.borrow().deadline();
        let mut alarm = [deadline, renew_at.filter(|_| self.can_resume())]
            .into_iter()
            .flatten()
            .min()
            .map(Alarm::at);
        poll_fn(|context| {
            match self.interrupts.poll(context) {
                Poll::Ready(Interrupt::Wake) => return Poll::Ready(Woken::ByClock),
                Poll::Ready(Interrupt::Reconnect) => return left(Cause::Reconnect),
                Poll::Ready(Interrupt::Suspend) => return left(Cause::Suspension),
                Poll::Pending => {}
            }
            match stream.body.poll_chunk(context) {
                Poll::Ready(Ok(Some(chunk))) => return Poll::Ready(Woken::Chunk(chunk)),
                Poll::Ready(Ok(None)) => return lost(Lost::new(Reason::End)),
                Poll::Ready(Err(cause)) => return lost(Lost::by(Reason::Network, cause)),
                Poll::Pending => {}
            }
            match &mut alarm {
                Some(alarm) => Pin::new(alarm).poll(context).map(|()| Woken::ByClock),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Whether the clock ends the stream.
    fn check(&self, renew_at: Option<Duration>) -> Option<Over> {
        let now = sys::now();
        let is_past = |moment: Option<Duration>| moment.is_some_and(|moment| now >= moment);
        let mut liveness = self.liveness.borrow_mut();
        if is_past(liveness.deadline()) {
            return Some(Over::Lost(Lost::new(liveness.stalled(now))));
        }
        (is_past(renew_at) && self.can_resume()).then_some(Over::Left(Cause::Renewal))
    }

    /// A stream without an ID cannot be resumed: until it has one, no renewal cuts it short.
    fn can_resume(&self) -> bool {
        !self.connection.borrow().last_event_id().is_empty()
    }

    /// When to reconnect with a fresh token. Requests that must not be repeated are not; a
    /// provider that answered a renewal with the same token has no fresher one, and one whose
    /// tokens are always about to expire would have us reconnect without end.
    fn renew_at(&self, stream: &EventStream, cause: Cause) -> Option<Duration> {
        let token = stream.request.token.clone();
        let is_same = *self.token.borrow() == token;
        self.token.replace(token.clone());
        let auth = self
            .options
            .auth
            .as_ref()
            .filter(|auth| auth.can_refresh())?;
        let now = sys::now();
        let wait = renew_in(token?.expires_at?, now, auth.renew_before)?;
        let is_futile = cause == Cause::Renewal && (is_same || wait < SHORTEST_RENEWAL);
        (self.options.is_get && !is_futile).then(|| now + wait)
    }

    /// Parses a chunk, slice by slice, and lets the observer have what it holds.
    async fn deliver(&self, parser: &mut EventStreamParser, chunk: &Uint8Array) -> Option<Over> {
        let mut has_comment = false;
        self.observer.received(chunk.length());
        let mut start = 0;
        while start < chunk.length() {
            let begun = js_sys::Date::now();
            let slice = chunk.subarray(start, chunk.length().min(start + self.pace.get().slice));
            start += slice.length();
            let len = slice.length() as usize;
            slice.copy_to(parser.room(len));
            parser.add(len);
            let delivered = self.observer.deliver(parser, self);
            has_comment |= delivered.has_comment;
            poll_fn(|context| self.poll_ready(context)).await;
            self.observer.commit(self);
            if delivered.is_too_large {
                return Some(Over::Lost(Lost::new(Reason::TooLarge)));
            }
            let took = js_sys::Date::now() - begun;
            self.give_way(slice.length(), took as u32).await;
            // Also if it was asked for meanwhile.
            if self.is_leaving() {
                break;
            }
        }
        self.liveness.borrow_mut().sign(sys::now(), has_comment);
        None
    }

    /// Lets the page have its turn once events have taken up their share.
    async fn give_way(&self, len: u32, took: u32) {
        let (pace, is_over) = self.pace.get().after(len, took);
        self.pace.set(pace);
        if !is_over {
            return;
        }
        let mut turn = pin!(self.observer.next_task());
        // A page that is put away has no turns: what is to be left is left now.
        poll_fn(|context| {
            if self.is_leaving() {
                return Poll::Ready(());
            }
            self.interrupts.register(context);
            turn.as_mut().poll(context)
        })
        .await;
    }

    /// Ready when more events are wanted, or none of this stream ever again.
    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        if self.is_leaving() {
            return Poll::Ready(());
        }
        self.interrupts.register(context);
        self.observer.poll_ready(context)
    }

    /// *Reestablish the connection*, or *fail the connection*. Why the next attempt is made.
    async fn reestablish_or_fail(&self, lost: Box<Lost>) -> Cause {
        let is_refresh_due = self.connection.borrow().is_refresh_due(&lost.failure);
        let verdict = if is_refresh_due {
            None
        } else {
            self.observer.verdict(&lost)
        };
        let attempt = self.connection.borrow().retries() + 1;
        let next = self.connection.borrow_mut().interrupted(
            &lost.failure,
            verdict,
            sys::now(),
            js_sys::Math::random(),
        );
        if next == Next::Refresh {
            self.observer.reconnecting(Cause::Unauthorized);
            return Cause::Unauthorized;
        }
        self.observer.failed(&lost, next, attempt);
        match next {
            Next::Wait(wait) => self.wait(wait).await,
            _ => Cause::Retry,
        }
    }

    /// Waits, but no longer than until the network or the page comes back.
    async fn wait(&self, time: Duration) -> Cause {
        let mut alarm = pin!(Alarm::after(time));
        poll_fn(|context| match self.interrupts.poll(context) {
            Poll::Ready(Interrupt::Reconnect) => Poll::Ready(Cause::Reconnect),
            Poll::Ready(_) => Poll::Ready(Cause::Retry),
            Poll::Pending => alarm.as_mut().poll(context).map(|()| Cause::Retry),
        })
        .await
    }

    /// The stream was left on purpose; goes on as soon as the page may hold a connection.
    async fn leave(&self, cause: Cause) -> Cause {
        self.connection.borrow_mut().reconnect();
        self.observer.reconnecting(cause);
        while self.interrupts.is_suspended() {
            poll_fn(|context| self.interrupts.poll(context)).await;
        }
        cause
    }
}

fn left(cause: Cause) -> Poll<Woken> {
    Poll::Ready(Woken::Over(Over::Left(cause)))
}

fn lost(lost: Box<Lost>) -> Poll<Woken> {
    Poll::Ready(Woken::Over(Over::Lost(lost)))
}

/// How long the stream is silent at most, as the response says.
fn announced_rhythm(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get("SSE-Heartbeat").ok()??;
    digits(seconds.as_bytes()).map(Duration::from_secs)
}
