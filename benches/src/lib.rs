//! Workloads and contestants, for `cargo bench` (criterion) and for the table of results.
//!
//! All contestants read the same stream of [`Bytes`] and return owned events.

use std::convert::Infallible;

use authenticated_event_source::event_stream::ByteStreamExt;
use bytes::Bytes;
use eventsource_stream::Eventsource;
use futures_executor::block_on;
use futures_util::stream::{self, Stream, StreamExt};
use sse_stream::SseByteStream;

/// The length of each workload, in bytes.
const LEN: usize = 1 << 20;

pub const CHUNK_SIZES: [usize; 3] = [256, 4096, 65_536];

/// An event stream that stands for a kind of real streams.
pub struct Workload {
    pub name: &'static str,
    stream: String,
}

impl Workload {
    fn new(name: &'static str, event: impl Fn(usize) -> String) -> Self {
        let mut stream = String::with_capacity(2 * LEN);
        let mut number = 0;
        while stream.len() < LEN {
            stream += &event(number);
            number += 1;
        }
        Self { name, stream }
    }

    /// The stream in chunks, as the body of a response delivers it.
    pub fn chunks(&self, size: usize) -> Vec<Bytes> {
        let bytes = self.stream.as_bytes();
        bytes.chunks(size).map(Bytes::copy_from_slice).collect()
    }
}

/// The same streams as in the benchmarks of the npm package.
pub fn workloads() -> [Workload; 6] {
    const CJK: &str = "実時間の更新を届ける。서버가 보낸 사건 🚀 ";
    [
        Workload::new("tokens", token),
        Workload::new("tiny", |_| "data: x\n\n".to_owned()),
        Workload::new("fields", |n| {
            let (cpu, users) = (n % 100, n % 1009);
            format!("id: {n}\nevent: metrics\ndata: {{\"cpu\":{cpu},\"users\":{users}}}\n\n")
        }),
        Workload::new("CJK", |n| format!("data: {n} {}\n\n", CJK.repeat(3))),
        Workload::new("CRLF", |n| token(n).replace('\n', "\r\n")),
        Workload::new("64 KB events", |_| {
            format!("data: {}\n\n", "x".repeat(65_536))
        }),
    ]
}

fn token(number: usize) -> String {
    let word = number % 97;
    format!(
        "data: {{\"id\":\"run-{number}\",\"object\":\"chunk\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" word{word}\"}},\"finish_reason\":null}}]}}\n\n"
    )
}

/// The events of a stream and the bytes of their data, so that nothing is optimized away and all
/// contestants can be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub events: usize,
    pub data: usize,
}

impl Total {
    fn add(&mut self, data: &str) {
        self.events += 1;
        self.data += data.len();
    }
}

/// A name and the function that reads all events.
pub type Contestant = (&'static str, fn(&[Bytes]) -> Total);

pub const CONTESTANTS: [Contestant; 3] = [
    ("authenticated-event-source", authenticated_event_source),
    ("eventsource-stream", eventsource_stream),
    ("sse-stream", sse_stream),
];

fn body(chunks: &[Bytes]) -> impl Stream<Item = Result<Bytes, Infallible>> + Unpin {
    stream::iter(chunks.iter().cloned().map(Ok))
}

fn authenticated_event_source(chunks: &[Bytes]) -> Total {
    let mut events = body(chunks).events();
    block_on(async {
        let mut total = Total::default();
        while let Some(event) = events.next().await {
            total.add(&event.expect("the stream does not fail").data);
        }
        total
    })
}

fn eventsource_stream(chunks: &[Bytes]) -> Total {
    let mut events = body(chunks).eventsource();
    block_on(async {
        let mut total = Total::default();
        while let Some(event) = events.next().await {
            total.add(&event.expect("the stream does not fail").data);
        }
        total
    })
}

fn sse_stream(chunks: &[Bytes]) -> Total {
    let mut events = SseByteStream::new(body(chunks));
    block_on(async {
        let mut total = Total::default();
        while let Some(event) = events.next().await {
            let event = event.expect("the stream does not fail");
            total.add(event.data.as_deref().unwrap_or_default());
        }
        total
    })
}

#[cfg(test)]
mod tests {
    use super::{CHUNK_SIZES, CONTESTANTS, workloads};

    #[test]
    fn all_contestants_find_the_same_events() {
        for workload in workloads() {
            for size in CHUNK_SIZES {
                let chunks = workload.chunks(size);
                let totals = CONTESTANTS.map(|(_, read)| read(&chunks));
                assert!(totals[0].events > 0);
                assert_eq!(totals, [totals[0]; 3], "{}, {size}", workload.name);
            }
        }
    }
}
