//! Prints the table of results: `cargo run --release > RESULTS.md` in this folder. An argument
//! selects the workloads whose names contain it.
//!
//! All contestants of a cell run in turns, so that other programs disturb them equally. The table
//! shows medians of processor time, which does not count the time of other programs.

use std::hint::black_box;
use std::time::Duration;

use authenticated_event_source_benches::{
    CHUNK_SIZES, CONTESTANTS, Contestant, Workload, workloads,
};
use bytes::Bytes;
use rustix::time::{ClockId, clock_gettime};

const ROUNDS: usize = 15;
/// The time of one sample, at least.
const SAMPLE: Duration = Duration::from_millis(10);

fn main() {
    println!("{INTRODUCTION}");
    println!("| workload | chunks | ns per event | MB/s | ÷ eventsource-stream | ÷ sse-stream |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let filter = std::env::args().nth(1).unwrap_or_default();
    let chosen = |workload: &Workload| workload.name.contains(&filter);
    for workload in workloads().into_iter().filter(chosen) {
        for size in CHUNK_SIZES {
            let chunks = workload.chunks(size);
            let [ours, eventsource_stream, sse_stream] = medians(&chunks);
            let total = CONTESTANTS[0].1(&chunks);
            let len: usize = chunks.iter().map(Bytes::len).sum();
            println!(
                "| {} | {size} B | {:.0} | {:.0} | {:.2} | {:.2} |",
                workload.name,
                ours * 1e9 / total.events as f64,
                len as f64 / ours / 1e6,
                eventsource_stream / ours,
                sse_stream / ours,
            );
        }
    }
}

/// The median time of one run of each contestant, in seconds.
fn medians(chunks: &[Bytes]) -> [f64; 3] {
    let runs = CONTESTANTS.map(|contestant| runs_per_sample(contestant, chunks));
    let mut samples = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (index, contestant) in CONTESTANTS.into_iter().enumerate() {
            samples[index].push(sample(contestant, chunks, runs[index]));
        }
    }
    samples.map(|mut samples| {
        samples.sort_by(f64::total_cmp);
        samples[ROUNDS / 2]
    })
}

fn runs_per_sample(contestant: Contestant, chunks: &[Bytes]) -> u32 {
    let once = sample(contestant, chunks, 1).min(sample(contestant, chunks, 1));
    (SAMPLE.as_secs_f64() / once).ceil() as u32
}

/// The processor time of one run, in seconds.
fn sample((_, read): Contestant, chunks: &[Bytes], runs: u32) -> f64 {
    let start = processor_time();
    for _ in 0..runs {
        black_box(read(black_box(chunks)));
    }
    (processor_time() - start) / f64::from(runs)
}

fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

const INTRODUCTION: &str = "\
# Results

Owned events through a stream adaptor, from a stream of `Bytes` of 1 MiB. The last two columns
divide the time of eventsource-stream 0.2.3 and of sse-stream 0.3.0 by ours: higher is better for
us. Each figure is the median of 15 samples of processor time. The samples of a cell were taken in
turns in one process. `cargo run --release > RESULTS.md` repeats the measurement, and `cargo bench`
measures each contestant with criterion.

The parser copies each byte twice: into its buffer and into the event. sse-stream copies it once, and
not at all if an event is in one chunk, so it is faster for events of 64 KB. Text that is not ASCII is
bounded by `str::from_utf8`, which takes about half of the time of ours and of sse-stream.
";
