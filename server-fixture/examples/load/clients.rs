//! Clients that cost almost nothing: a socket each, which counts marks in what it reads. Marks and
//! not events, so that the machine's time goes to the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// Stands once in every event that is counted, and nowhere else.
pub(crate) const MARK: u8 = b'@';

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the clients have seen so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) open: AtomicUsize,
    pub(crate) marks: AtomicUsize,
    pub(crate) ended: AtomicUsize,
    pub(crate) shutdowns: AtomicUsize,
}

/// Many open streams; closed when dropped.
pub(crate) struct Crowd {
    pub(crate) seen: Arc<Seen>,
    _tasks: JoinSet<()>,
}

impl Crowd {
    /// Streams that `tasks` read.
    pub(crate) fn of(seen: Arc<Seen>, tasks: JoinSet<()>) -> Self {
        Self {
            seen,
            _tasks: tasks,
        }
    }

    /// Opens `count` streams and waits until each has its first bytes.
    pub(crate) async fn open(address: SocketAddr, token: &str, count: usize) -> Self {
        let (seen, places) = (Arc::new(Seen::default()), Arc::new(Semaphore::new(200)));
        let mut tasks = JoinSet::new();
        let request: Arc<str> = request(address, token).into();
        for _ in 0..count {
            let (seen, places, request) =
                (Arc::clone(&seen), Arc::clone(&places), Arc::clone(&request));
            tasks.spawn(async move {
                let place = places.acquire_owned().await.unwrap();
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(request.as_bytes()).await.unwrap();
                let mut buffer = vec![0; 1024];
                let length = stream.read(&mut buffer).await.unwrap();
                let head = String::from_utf8_lossy(&buffer[..length]);
                assert!(head.starts_with("HTTP/1.1 200"), "{head}");
                seen.open.fetch_add(1, Ordering::Relaxed);
                drop(place);
                read(stream, &seen).await;
            });
        }
        let crowd = Self {
            seen,
            _tasks: tasks,
        };
        crowd
            .until(|seen| seen.open.load(Ordering::Relaxed) == count)
            .await;
        crowd
    }

    /// Waits until the condition holds.
    pub(crate) async fn until(&self, is_so: impl Fn(&Seen) -> bool) {
        assert!(self.comes_true(is_so).await, "still {:?}", self.seen);
    }

    async fn comes_true(&self, is_so: impl Fn(&Seen) -> bool) -> bool {
        let begin = Instant::now();
        while !is_so(&self.seen) {
            if begin.elapsed() > PATIENCE {
                return false;
            }
            sleep(Duration::from_millis(1)).await;
        }
        true
    }

    /// Waits until all clients together have seen so many marks; gives how many never came.
    pub(crate) async fn marks(&self, count: usize) -> usize {
        let marks = |seen: &Seen| seen.marks.load(Ordering::Relaxed);
        self.comes_true(|seen| marks(seen) >= count).await;
        count.saturating_sub(marks(&self.seen))
    }
}

fn request(address: SocketAddr, token: &str) -> String {
    format!(
        "GET /events HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    )
}

async fn read(mut stream: TcpStream, seen: &Seen) {
    let mut buffer = Vec::with_capacity(1024);
    loop {
        buffer.clear();
        match stream.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        let marks = buffer.iter().filter(|&&byte| byte == MARK).count();
        seen.marks.fetch_add(marks, Ordering::Relaxed);
        if buffer
            .windows(15)
            .any(|window| window == b"event: shutdown")
        {
            seen.shutdowns.fetch_add(1, Ordering::Relaxed);
        }
        // A reader of a burst gets room for it; an idle one keeps its small buffer.
        if buffer.len() == buffer.capacity() && buffer.capacity() < 64 * 1024 {
            buffer.reserve(buffer.capacity() * 2);
        }
    }
    seen.ended.fetch_add(1, Ordering::Relaxed);
}

/// A connection that sends one request after another.
pub(crate) struct Sender {
    stream: TcpStream,
    address: SocketAddr,
    token: String,
}

impl Sender {
    pub(crate) async fn connect(address: SocketAddr, token: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            address,
            token: token.to_owned(),
        }
    }

    /// Sends `body` and waits for the whole answer, which is given.
    pub(crate) async fn post(&mut self, path: &str, body: &str) -> String {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
        timeout(PATIENCE, self.answer())
            .await
            .expect("an answer in time")
    }

    async fn answer(&mut self) -> String {
        let mut bytes = Vec::new();
        loop {
            assert!(
                self.stream.read_buf(&mut bytes).await.unwrap() > 0,
                "the server hung up"
            );
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                assert!(head.starts_with("HTTP/1.1 20"), "{text}");
                return text;
            }
        }
    }
}

/// A token for the server; the peers ignore it.
pub(crate) async fn login(address: SocketAddr) -> String {
    let mut sender = Sender::connect(address, "").await;
    let answer = sender
        .post("/login", r#"{"user":"load","ttl":86400}"#)
        .await;
    let token = answer.split("\"token\":\"").nth(1).unwrap();
    token.split('"').next().unwrap().to_owned()
}
