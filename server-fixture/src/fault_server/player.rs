//! Plays one scripted response on a socket.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::sleep;

use super::body_encoding::{chunk, from_base64, from_hex};
use super::budget::{Budget, Reserved};
use super::http1_request::Request;
use super::placeholders::Placeholders;
use super::response_head::{has_body, head};
use super::script::{Count, Framing, Repeat, Response, Split, Step};

/// Bytes per write of a `count` step without a pause.
const BURST: usize = 64 * 1024;
/// The pause after a repetition that has written nothing, which would otherwise use a whole core.
const IDLE_PAUSE: Duration = Duration::from_millis(1);
/// The longest pause, and the longest response. No test takes an hour, and a forgotten connection must end.
pub(super) const LONGEST: Duration = Duration::from_secs(3600);

/// The result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepResult {
    Continue,
    Fin,
    Rst,
}

/// Writes a response, and counts the bytes.
pub(crate) struct Player<'a> {
    write: &'a mut OwnedWriteHalf,
    placeholders: Placeholders,
    /// The memory for copies of texts.
    budget: &'a Budget,
    is_chunked: bool,
    pub(crate) sent: &'a mut u64,
}

impl<'a> Player<'a> {
    pub(crate) fn new(
        write: &'a mut OwnedWriteHalf,
        placeholders: Placeholders,
        budget: &'a Budget,
        sent: &'a mut u64,
    ) -> Self {
        Self {
            write,
            placeholders,
            budget,
            is_chunked: false,
            sent,
        }
    }

    /// Writes the head and the steps. Writes the last chunk if all steps were played.
    pub(crate) async fn play(
        &mut self,
        response: &Response,
        request: &Request,
    ) -> io::Result<StepResult> {
        self.is_chunked = response.framing == Framing::Chunked && has_body(response.status);
        if response.framing != Framing::Raw {
            let head = head(response, request, &self.placeholders)?;
            self.put(head.as_bytes()).await?;
        }
        let next = self.steps(&response.steps).await?;
        if next == StepResult::Continue && self.is_chunked {
            self.put(b"0\r\n\r\n").await?;
        }
        Ok(next)
    }

    fn steps<'b>(&'b mut self, steps: &'b [Step]) -> BoxFuture<'b, io::Result<StepResult>> {
        async move {
            for step in steps {
                match self.step(step).await? {
                    StepResult::Continue => {}
                    end => return Ok(end),
                }
            }
            Ok(StepResult::Continue)
        }
        .boxed()
    }

    async fn step(&mut self, step: &Step) -> io::Result<StepResult> {
        // A client that reads slowly holds the copies of a step for a long time.
        let _copies = self.reserve(copied_bytes(step, &self.placeholders))?;
        match step {
            Step::Text(text) => self.body(self.placeholders.fill(text)?.as_bytes()).await?,
            Step::Hex(hex) => self.body(&from_hex(hex)?).await?,
            Step::Base64(text) => self.body(&from_base64(text)?).await?,
            Step::Chunk(text) => {
                self.put_chunk(self.placeholders.fill(text)?.as_bytes())
                    .await?;
            }
            Step::Raw(text) => self.put(self.placeholders.fill(text)?.as_bytes()).await?,
            Step::RawHex(hex) => self.put(&from_hex(hex)?).await?,
            Step::Split(split) => self.split(split).await?,
            Step::Count(count) => self.count(count).await?,
            Step::Repeat(repeat) => return self.repeat(repeat).await,
            Step::SleepMs(ms) => sleep(Duration::from_millis(*ms).min(LONGEST)).await,
            Step::Hang(true) => sleep(LONGEST).await,
            Step::Fin(true) => return Ok(StepResult::Fin),
            Step::Rst(true) => return Ok(StepResult::Rst),
            // `stops_reading` handles `stop_reading`. The value `false` means no effect.
            Step::StopReading(_) | Step::Hang(false) | Step::Fin(false) | Step::Rst(false) => {}
        }
        Ok(StepResult::Continue)
    }

    fn reserve(&self, bytes: usize) -> io::Result<Option<Reserved>> {
        if bytes <= BURST {
            return Ok(None);
        }
        let reserved = self.budget.reserve(bytes);
        let full =
            || io::Error::other("Other responses use all memory for copies of texts. Retry later.");
        Ok(Some(reserved.ok_or_else(full)?))
    }

    async fn repeat(&mut self, repeat: &Repeat) -> io::Result<StepResult> {
        let mut left = if repeat.n == 0 { u64::MAX } else { repeat.n };
        while left > 0 {
            let before = *self.sent;
            match self.steps(&repeat.of).await? {
                StepResult::Continue => left -= 1,
                end => return Ok(end),
            }
            // Without this, a loop of steps that never wait would starve the task that detects that
            // the client has left.
            match *self.sent == before {
                true => sleep(IDLE_PAUSE).await,
                false => tokio::task::yield_now().await,
            }
        }
        Ok(StepResult::Continue)
    }

    async fn split(&mut self, split: &Split) -> io::Result<()> {
        let bytes = match split.hex.is_empty() {
            true => Cow::from(
                self.placeholders
                    .fill(&split.text)?
                    .into_owned()
                    .into_bytes(),
            ),
            false => Cow::from(from_hex(&split.hex)?),
        };
        let (first, rest) = match split.at {
            Some(at) => bytes.split_at(at.min(bytes.len())),
            None => bytes.split_at(0),
        };
        let every = match split.at {
            Some(_) => rest.len(),
            None => split.every,
        };
        let pieces = std::iter::once(first).chain(rest.chunks(every.max(1)));
        for piece in pieces.filter(|piece| !piece.is_empty()) {
            self.body(piece).await?;
            sleep(Duration::from_millis(split.pause_ms)).await;
        }
        Ok(())
    }

    async fn count(&mut self, count: &Count) -> io::Result<()> {
        let text = self.placeholders.fill(&count.text)?.into_owned();
        let resumed = count.resume.then(|| self.placeholders.cursor()).flatten();
        let from = resumed.map_or(count.from, |seen| seen.saturating_add(1));
        let times = if count.n == 0 { u64::MAX } else { count.n };
        let mut burst = String::new();
        // An empty text would never fill a burst, so the loop would never wait.
        let pause = match text.is_empty() {
            true => Duration::from_millis(count.pause_ms).max(IDLE_PAUSE),
            false => Duration::from_millis(count.pause_ms),
        };
        for i in from..from.saturating_add(times) {
            burst.push_str(&text.replace("{i}", &i.to_string()));
            if !pause.is_zero() || burst.len() >= BURST {
                self.body(burst.as_bytes()).await?;
                burst.clear();
                sleep(pause).await;
            }
        }
        self.body(burst.as_bytes()).await
    }

    async fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.is_chunked {
            // An empty chunk would end the body (RFC 9112, section 7.1).
            _ if bytes.is_empty() => Ok(()),
            true => self.put_chunk(bytes).await,
            false => self.put(bytes).await,
        }
    }

    /// Writes one chunk. A short one is one buffer, so that it is sent in one segment.
    async fn put_chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() <= BURST {
            return self.put(&chunk(bytes)).await;
        }
        self.put(format!("{:x}\r\n", bytes.len()).as_bytes())
            .await?;
        self.put(bytes).await?;
        self.put(b"\r\n").await
    }

    async fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write.write_all(bytes).await?;
        *self.sent += bytes.len() as u64;
        Ok(())
    }
}

/// Returns about how many bytes a step copies before it writes them. A text without placeholders is not
/// copied.
fn copied_bytes(step: &Step, placeholders: &Placeholders) -> usize {
    match step {
        Step::Text(text) | Step::Chunk(text) | Step::Raw(text) => placeholders.copied_bytes(text),
        Step::Hex(text) | Step::RawHex(text) => text.len() * 2,
        Step::Base64(text) => text.len(),
        Step::Split(split) => placeholders
            .copied_bytes(&split.text)
            .max(split.hex.len() * 2),
        // A number has up to 20 digits.
        Step::Count(count) => 2 * count.text.len() + 20 * count.text.matches("{i}").count(),
        _ => 0,
    }
}

/// Checks the steps of a script when it is stored, so that playing cannot fail.
pub(crate) fn check(steps: &[Step]) -> Result<(), String> {
    steps.iter().try_for_each(|step| match step {
        Step::Hex(hex) | Step::RawHex(hex) => from_hex(hex).map(drop).map_err(|e| e.to_string()),
        Step::Split(split) => from_hex(&split.hex).map(drop).map_err(|e| e.to_string()),
        Step::Base64(text) => from_base64(text).map(drop).map_err(|e| e.to_string()),
        Step::Repeat(repeat) => check(&repeat.of),
        _ => Ok(()),
    })
}

/// Returns whether the steps stop reading from the client.
pub(crate) fn stops_reading(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::StopReading(stop) => *stop,
        Step::Repeat(repeat) => stops_reading(&repeat.of),
        _ => false,
    })
}
