//! Plays one answer on a socket.

use std::io;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::sleep;

use super::bytes::{chunk, from_base64, from_hex};
use super::head::{has_body, head};
use super::script::{Count, Framing, Response, Split, Step};
use super::text::Words;
use super::wire::Request;

/// Bytes collected before a write, where a script counts without a pause.
const BURST: usize = 64 * 1024;
/// A script that hangs must not hang for ever: an hour is longer than any test.
const LONGEST: Duration = Duration::from_secs(3600);

/// What a step leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    GoOn,
    Fin,
    Rst,
}

/// Writes an answer, and knows how much of it was written.
pub(crate) struct Player<'a> {
    write: &'a mut OwnedWriteHalf,
    words: Words,
    is_chunked: bool,
    pub(crate) sent: &'a mut u64,
}

impl<'a> Player<'a> {
    pub(crate) fn new(write: &'a mut OwnedWriteHalf, words: Words, sent: &'a mut u64) -> Self {
        Self {
            write,
            words,
            is_chunked: false,
            sent,
        }
    }

    /// Head, steps, and the last chunk if the steps came to their end.
    pub(crate) async fn play(
        &mut self,
        response: &Response,
        request: &Request,
    ) -> io::Result<Next> {
        self.is_chunked = response.framing == Framing::Chunked && has_body(response.status);
        if response.framing != Framing::Raw {
            let head = head(response, request, &self.words);
            self.put(head.as_bytes()).await?;
        }
        let next = self.steps(&response.steps).await?;
        if next == Next::GoOn && self.is_chunked {
            self.put(b"0\r\n\r\n").await?;
        }
        Ok(next)
    }

    fn steps<'b>(&'b mut self, steps: &'b [Step]) -> BoxFuture<'b, io::Result<Next>> {
        async move {
            for step in steps {
                match self.step(step).await? {
                    Next::GoOn => {}
                    end => return Ok(end),
                }
            }
            Ok(Next::GoOn)
        }
        .boxed()
    }

    async fn step(&mut self, step: &Step) -> io::Result<Next> {
        match step {
            Step::Text(text) => self.body(self.words.fill(text).as_bytes()).await?,
            Step::Hex(hex) => self.body(&from_hex(hex)?).await?,
            Step::Base64(text) => self.body(&from_base64(text)?).await?,
            Step::Chunk(text) => self.put(&chunk(self.words.fill(text).as_bytes())).await?,
            Step::Raw(text) => self.put(self.words.fill(text).as_bytes()).await?,
            Step::RawHex(hex) => self.put(&from_hex(hex)?).await?,
            Step::Split(split) => self.split(split).await?,
            Step::Count(count) => self.count(count).await?,
            Step::Repeat(repeat) => {
                let mut left = if repeat.n == 0 { u64::MAX } else { repeat.n };
                while left > 0 {
                    match self.steps(&repeat.of).await? {
                        Next::GoOn => left -= 1,
                        end => return Ok(end),
                    }
                    // A loop of steps that never wait would never let the client's leaving in.
                    tokio::task::yield_now().await;
                }
            }
            Step::SleepMs(ms) => sleep(Duration::from_millis(*ms).min(LONGEST)).await,
            Step::Hang(true) => sleep(LONGEST).await,
            Step::Fin(true) => return Ok(Next::Fin),
            Step::Rst(true) => return Ok(Next::Rst),
            // Reading is the business of whoever watches the client; false is "not at all".
            Step::StopReading(_) | Step::Hang(false) | Step::Fin(false) | Step::Rst(false) => {}
        }
        Ok(Next::GoOn)
    }

    async fn split(&mut self, split: &Split) -> io::Result<()> {
        let bytes = match split.hex.is_empty() {
            true => self.words.fill(&split.text).into_bytes(),
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
        let text = self.words.fill(&count.text);
        let resumed = count.resume.then(|| self.words.cursor()).flatten();
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
            // An empty chunk would be the last one.
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

/// Why a script cannot be played, found when it is stored and not when it is half played.
pub(crate) fn check(steps: &[Step]) -> Result<(), String> {
    steps.iter().try_for_each(|step| match step {
        Step::Hex(hex) | Step::RawHex(hex) => from_hex(hex).map(drop).map_err(|e| e.to_string()),
        Step::Split(split) => from_hex(&split.hex).map(drop).map_err(|e| e.to_string()),
        Step::Base64(text) => from_base64(text).map(drop).map_err(|e| e.to_string()),
        Step::Repeat(repeat) => check(&repeat.of),
        _ => Ok(()),
    })
}

/// Whether the script wants the client's bytes to pile up.
pub(crate) fn stops_reading(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::StopReading(stop) => *stop,
        Step::Repeat(repeat) => stops_reading(&repeat.of),
        _ => false,
    })
}
