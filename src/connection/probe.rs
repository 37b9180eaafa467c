//! Finds out why a request got no response. To `fetch`, a dead network, a CORS refusal and a
//! redirect that the guard blocked are the same `TypeError`, so that diagnostic requests
//! ([`RequestKind::FindRedirect`], [`RequestKind::Probe`]) tell them apart. `[NON-SPEC]`
//!
//! | origin of the URL | first | then |
//! | --- | --- | --- |
//! | the page's own | `FindRedirect`: does the server redirect? | `Probe`, if it redirected a request without secrets |
//! | another | `Probe`: does anything answer without CORS? | `RequestAgain`: the server may have restarted |

use super::last_event_id::has_control_character;
use super::machine::State;
use super::{Detail, Failure, Lifecycle, Origin, Reason, RedirectGuard, RequestKind};

impl Lifecycle {
    /// Records that the request got no response, and starts a probe if one is due.
    pub fn unanswered(&mut self) {
        match self.state {
            State::Fetching(RequestKind::RequestAgain) => {
                let mut failure = Failure::new(Reason::Cors);
                if self.retry_state.has_opened() && self.can_resume() {
                    failure.detail = Some(Detail::ResumeRefused);
                }
                self.fail_with(failure);
            }
            State::Fetching(RequestKind::FindRedirect) => self.on_redirect_checked(false),
            State::Fetching(RequestKind::Probe) => self.on_probe_unanswered(),
            _ if !self.policy.is_fetchable => self.fail(Reason::Request),
            _ if self.is_mixed_content() => self.fail_because(Detail::MixedContent),
            _ if self.has_unsendable_id() => self.fail_because(Detail::IdNotSendable),
            _ => self.start_probe(),
        }
    }

    fn fail_because(&mut self, detail: Detail) {
        self.fail_with(Failure::with_detail(Reason::Request, detail));
    }

    /// Whether the browser blocks the request as [mixed content]. A stream that was open before was
    /// not blocked: the page upgrades its requests.
    ///
    /// [mixed content]: https://www.w3.org/TR/mixed-content/
    fn is_mixed_content(&self) -> bool {
        self.policy.is_mixed_content && !self.retry_state.has_opened()
    }

    /// Whether `fetch` refuses the last event ID as the value of a header. Browsers send control
    /// characters, Node and Deno refuse them.
    fn has_unsendable_id(&self) -> bool {
        self.origin == Origin::None
            && !self.policy.sends_id_as_param
            && has_control_character(self.retry_state.last_event_id())
    }

    /// A cross-origin isolated page blocks the probe of a server that answers it without a
    /// `Cross-Origin-Resource-Policy`.
    fn on_probe_unanswered(&mut self) {
        let mut failure = Failure::new(Reason::Network);
        failure.detail = self.policy.is_isolated.then_some(Detail::CorsUnknown);
        self.fail_with(failure);
    }

    fn start_probe(&mut self) {
        let should_probe = self.should_probe();
        self.is_unanswered = true;
        match self.origin {
            Origin::Same if should_probe => {
                self.state = State::Fetching(RequestKind::FindRedirect);
            }
            Origin::Other if should_probe => self.state = State::Fetching(RequestKind::Probe),
            _ => self.fail(Reason::Network),
        }
    }

    /// Whether to probe. If the source was never open, the first failure in a row is probed.
    /// Otherwise all except the first are, because a restarting server would mislead the probe.
    /// Without our policy each failure is probed: to the standard each refusal is final.
    fn should_probe(&self) -> bool {
        let is_due = self.is_unanswered == self.retry_state.has_opened();
        self.policy.may_probe && (is_due || self.policy.retry.is_spec)
    }

    /// Continues after [`RequestKind::FindRedirect`]. `is_redirect` is `false` if there was no response.
    pub(super) fn on_redirect_checked(&mut self, is_redirect: bool) {
        match self.redirect_guard() {
            _ if !is_redirect => self.fail(Reason::Network),
            RedirectGuard::SameOriginMode => self.fail(Reason::Redirect),
            _ => self.state = State::Fetching(RequestKind::Probe),
        }
    }
}
