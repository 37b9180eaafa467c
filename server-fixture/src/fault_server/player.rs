//! Plays one scripted response on a socket.

use std::io;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::sleep;

use super::body_encoding::{chunk, from_base64, from_hex};
use super::http1_request::Request;
use super::placeholders::Placeholders;
use super::response_head::{has_body, head};
use super::script::{Count, Framing, Response, Split, Step};

/// Bytes per write of a `count` step without a pause.
const BURST: usize = 64 * 1024;
/// The longest pause. No test takes an hour, and a forgotten connection must end.
const LONGEST: Duration = Duration::from_secs(3600);

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
    is_chunked: bool,
    pub(crate) sent: &'a mut u64,
}

impl<'a> Player<'a> {
    pub(crate) fn new(
        write: &'a mut OwnedWriteHalf,
        placeholders: Placeholders,
        sent: &'a mut u64,
    ) -> Self {
        Self {
            write,
            placeholders,
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
            let head = head(response, request, &self.placeholders);
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
        match step {
            Step::Text(text) => self.body(self.placeholders.fill(text).as_bytes()).await?,
            Step::Hex(hex) => self.body(&from_hex(hex)?).await?,
            Step::Base64(text) => self.body(&from_base64(text)?).await?,
            Step::Chunk(text) => {
                self.put(&chunk(self.placeholders.fill(text).as_bytes()))
                    .await?;
            }
            Step::Raw(text) => self.put(self.placeholders.fill(text).as_bytes()).await?,
            Step::RawHex(hex) => self.put(&from_hex(hex)?).await?,
            Step::Split(split) => self.split(split).await?,
            Step::Count(count) => self.count(count).await?,
            Step::Repeat(repeat) => {
                let mut left = if repeat.n == 0 { u64::MAX } else { repeat.n };
                while left > 0 {
                    match self.steps(&repeat.of).await? {
                        StepResult::Continue => left -= 1,
                        end => return Ok(end),
                    }
                    // Without this, a loop of steps that never wait would starve the task that detects
                    // that the client has left.
                    tokio::task::yield_now().await;
                }
            }
            Step::SleepMs(ms) => sleep(Duration::from_millis(*ms).min(LONGEST)).await,
            Step::Hang(true) => sleep(LONGEST).await,
            Step::Fin(true) => return Ok(StepResult::Fin),
            Step::Rst(true) => return Ok(StepResult::Rst),
            // `stops_reading` handles `stop_reading`. The value `false` means no effect.
            Step::StopReading(_) | Step::Hang(false) | Step::Fin(false) | Step::Rst(false) => {}
        }
        Ok(StepResult::Continue)
    }

    async fn split(&mut self, split: &Split) -> io::Result<()> {
        let bytes = match split.hex.is_empty() {
            true => self.placeholders.fill(&split.text).into_bytes(),
            false => from_hex(&split.hex)?,
        };
        let pieces: Vec<&[u8]> = match split.at {
            Some(at) => bytes
                .split_at_checked(at)
                .map_or(vec![&bytes], |(a, b)| vec![a, b]),
            None => bytes.chunks(split.every.max(1)).collect(),
        };
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            self.body(piece).await?;
            sleep(Duration::from_millis(split.pause_ms)).await;
        }
        Ok(())
    }

    async fn count(&mut self, count: &Count) -> io::Result<()> {
        let text = self.placeholders.fill(&count.text);
        let resumed = count.resume.then(|| self.placeholders.cursor()).flatten();
        let from = resumed.map_or(count.from, |seen| seen.saturating_add(1));
        let times = if count.n == 0 { u64::MAX } else { count.n };
        let mut burst = String::new();
        for i in from..from.saturating_add(times) {
            burst.push_str(&text.replace("{i}", &i.to_string()));
            if count.pause_ms > 0 || burst.len() >= BURST {
                self.body(burst.as_bytes()).await?;
                burst.clear();
                sleep(Duration::from_millis(count.pause_ms)).await;
            }
        }
        self.body(burst.as_bytes()).await
    }

    async fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.is_chunked {
            // An empty chunk would end the body (RFC 9112, section 7.1).
            _ if bytes.is_empty() => Ok(()),
            true => self.put(&chunk(bytes)).await,
            false => self.put(bytes).await,
        }
    }

    async fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write.write_all(bytes).await?;
        *self.sent += bytes.len() as u64;
        Ok(())
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
