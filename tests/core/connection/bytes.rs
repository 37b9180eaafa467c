//! Lives that bytes decide on: the input of the fuzz target.
use core::time::Duration;

use authenticated_event_source::connection::{Jitter, RetryOn, Verdict};

use crate::model::{Life, Step};
use crate::strategies::{Policy, REASONS, STATUSES, failure_of, spec};

/// Reads decisions, one byte or more each; once all bytes are used, it is always the first choice.
struct Decisions<'a>(std::slice::Iter<'a, u8>);

impl Decisions<'_> {
    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    fn is(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    fn choice<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()].clone()
    }

    /// From nothing to a year, by powers of two and what lies between.
    fn time(&mut self) -> Duration {
        let (magnitude, rest) = (self.byte() % 36, self.byte());
        Duration::from_millis(((1 << magnitude) - 1) * (256 + u64::from(rest)) / 256)
    }

    /// In `[0, 1)`.
    fn part(&mut self) -> f64 {
        f64::from(self.byte()) / 256.0
    }

    fn policy(&mut self) -> Policy {
        if self.byte() == u8::MAX {
            return spec();
        }
        Policy::ours(
            self.time(),
            self.time(),
            1.0 + 3.0 * self.part(),
            self.choice(&[Jitter::Full, Jitter::None]),
            self.choice(&[u32::MAX, 0, 1, 2, 5]),
            self.time(),
            self.choice(&[RetryOn::Always, RetryOn::Error, RetryOn::Never]),
        )
    }

    /// Whole blocks, as the model reads them.
    fn stream(&mut self) -> String {
        let number = self.byte();
        match self.byte() % 5 {
            0 => "data: a\n\n".to_owned(),
            1 => format!("id: {number}\ndata: a\n\n"),
            2 => format!("id: {}\n\n", char::from(number.max(b'0'))),
            3 => format!("retry: {}\n", u64::from(number).pow(3)),
            _ => ": a\n\n".to_owned(),
        }
    }

    fn verdict(&mut self) -> Option<Verdict> {
        match self.byte() % 16 {
            1 => Some(Verdict::Retry),
            2 => Some(Verdict::RetryAfter(self.time())),
            3 => Some(Verdict::Stop),
            _ => None,
        }
    }

    fn interrupted(&mut self) -> Step {
        let (reason, status) = (self.choice(&REASONS), self.choice(&STATUSES));
        let retry_after = self
            .is()
            .then(|| self.time().min(Duration::from_secs(3600)));
        Step::Interrupted {
            failure: failure_of(reason, status, retry_after, self.is()),
            verdict: self.verdict(),
            random: self.part(),
        }
    }

    fn step(&mut self) -> Step {
        match self.byte() % 16 {
            0..=1 => Step::TimePasses(self.time()),
            2..=4 => Step::Announced,
            5..=7 => Step::Streamed(self.stream()),
            8..=9 => Step::Reconnect,
            10 if self.is() => Step::Close,
            _ => self.interrupted(),
        }
    }
}

impl Life {
    /// Any bytes are a life.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut decisions = Decisions(bytes.iter());
        let policy = decisions.policy();
        let retries_rejection = decisions.is();
        let start = decisions.choice(&["", "a", "\u{e9}"]).to_owned();
        let mut steps = Vec::new();
        while decisions.0.len() > 0 {
            steps.push(decisions.step());
        }
        Self {
            policy,
            retries_rejection,
            start,
            steps,
        }
    }
}
