//! The server's log on stderr, written by a thread of its own.
//!
//! stderr may be a pipe that nobody reads, and a write into a full pipe waits forever. Callers therefore
//! only put their line into a queue. A line that finds the queue full is lost, and so is a line that
//! cannot be written, for example on a full disk. Lost lines are counted in the metrics, and reported
//! in the log after the next line that is written. `kill -9` loses the lines in the queue.
//!
//! tracing-appender 0.2 has such a queue, but it counts no failed writes, limits lines instead of bytes,
//! and uses `println!` when a full pipe delays the exit.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Most bytes of the lines that wait to be written.
const MAX_QUEUED: usize = 256 * 1024;

/// The longest wait at the exit for the lines in the queue.
const EXIT_TIMEOUT: Duration = Duration::from_millis(500);

/// The interval between two attempts to write to a descriptor that another process made non-blocking.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// The lost lines of this process. stderr belongs to the process, and not to one server.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Returns the number of log lines that this process has lost.
pub(crate) fn lost_lines() -> u64 {
    LOST.load(Ordering::Relaxed)
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<Vec<u8>>,
    /// The bytes of the lines, and of the line that is being written.
    bytes: usize,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// Notified after each change of the queue.
    changed: Condvar,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8]) {
        let mut queue = self.queue();
        if queue.bytes + line.len() > MAX_QUEUED {
            LOST.fetch_add(1, Ordering::Relaxed);
            return;
        }
        queue.bytes += line.len();
        queue.lines.push_back(line.to_vec());
        self.changed.notify_all();
    }

    /// Returns the next line, and waits for it.
    fn pop(&self) -> Vec<u8> {
        let mut queue = self.queue();
        loop {
            if let Some(line) = queue.lines.pop_front() {
                return line;
            }
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Returns whether a report would not be lost itself.
    fn has_room(&self) -> bool {
        self.queue().bytes < MAX_QUEUED / 2
    }

    fn finish(&self, line: &[u8]) {
        self.queue().bytes -= line.len();
        self.changed.notify_all();
    }
}

/// The log. Clones share the queue.
#[derive(Clone)]
pub struct StderrLog(Arc<Shared>);

impl StderrLog {
    /// Sends the log of this process, and the messages of panics, to stderr.
    pub fn install(is_colored: bool) -> Self {
        let log = Self::to(io::stderr());
        let subscriber = tracing_subscriber::fmt().with_writer(log.clone());
        // The subscriber would report an error with `eprintln!`, which waits for stderr.
        let subscriber = subscriber.log_internal_errors(false);
        subscriber.with_ansi(is_colored).init();
        // The default hook writes to stderr, and waits for it.
        std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
        log
    }

    fn to(output: impl Write + Send + 'static) -> Self {
        let shared = Arc::<Shared>::default();
        let queue = Arc::clone(&shared);
        thread::spawn(move || write_forever(&queue, output));
        Self(shared)
    }

    /// Waits a moment until the lines in the queue are written, because the exit of the process ends
    /// the thread that writes them.
    pub fn flush_before_exit(&self) {
        let queue = self.0.queue();
        let is_busy = |queue: &mut Queue| queue.bytes > 0;
        // The result only shows whether the time has passed.
        let _ = self
            .0
            .changed
            .wait_timeout_while(queue, EXIT_TIMEOUT, is_busy);
    }
}

impl Write for StderrLog {
    /// Takes a whole line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for StderrLog {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn write_forever(queue: &Shared, mut output: impl Write) {
    let (mut is_cut, mut reported) = (false, 0);
    loop {
        let line = queue.pop();
        let result = write_line(&mut output, &line, &mut is_cut);
        queue.finish(&line);
        if result.is_err() {
            LOST.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        let lost = lost_lines();
        if lost > reported && queue.has_room() {
            let count = lost - reported;
            reported = lost;
            tracing::warn!("{count} lines of this log were lost. stderr was full, or failed.");
        }
    }
}

/// Writes a line. After a line that was cut, it begins a new line first.
fn write_line(output: &mut impl Write, line: &[u8], is_cut: &mut bool) -> io::Result<()> {
    if *is_cut {
        write_bytes(output, b"\n", &mut false)?;
        *is_cut = false;
    }
    write_bytes(output, line, is_cut)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this thread only writes, and nothing else waits for it"
)]
fn write_bytes(output: &mut impl Write, mut bytes: &[u8], is_cut: &mut bool) -> io::Result<()> {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                bytes = &bytes[count..];
                *is_cut = !bytes.is_empty();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                thread::sleep(RETRY_INTERVAL);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Accepts as many bytes as `room`, then fails.
    struct Disk<'a> {
        room: &'a mut usize,
        written: &'a mut Vec<u8>,
    }

    impl Write for Disk<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(*self.room);
            *self.room -= count;
            self.written.extend_from_slice(&bytes[..count]);
            match count {
                0 => Err(io::ErrorKind::StorageFull.into()),
                count => Ok(count),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn line_after_a_line_that_was_cut_begins_a_new_line() {
        let (mut written, mut is_cut) = (Vec::new(), false);
        for (room, line, is_whole) in [
            (3, "one two\n", false),
            (0, "three\n", false),
            (100, "four\n", true),
            (0, "five\n", false),
            (100, "six\n", true),
        ] {
            let disk = Disk {
                room: &mut room.clone(),
                written: &mut written,
            };
            let result = write_line(&mut { disk }, line.as_bytes(), &mut is_cut);
            assert_eq!(result.is_ok(), is_whole, "{line}");
        }
        assert_eq!(String::from_utf8(written).unwrap(), "one\nfour\nsix\n");
    }
}
