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
    print_criterion();
}

/// Prints the ratios of the latest `cargo bench`.
fn print_criterion() {
    println!("{CRITERION}");
    println!("| workload | chunks | µs per run | ÷ eventsource-stream | ÷ sse-stream |");
    println!("| --- | --- | --- | --- | --- |");
    for workload in workloads() {
        for size in CHUNK_SIZES {
            let times = CONTESTANTS.map(|(name, _)| criterion_median(workload.name, name, size));
            let [Some(ours), Some(eventsource_stream), Some(sse_stream)] = times else {
                continue;
            };
            println!(
                "| {} | {size} B | {:.0} | {:.2} | {:.2} |",
                workload.name,
                ours / 1e3,
                eventsource_stream / ours,
                sse_stream / ours,
            );
        }
    }
}

/// The median that criterion has stored, in nanoseconds.
fn criterion_median(workload: &str, contestant: &str, size: usize) -> Option<f64> {
    let file = format!("target/criterion/{workload}/{contestant}/{size}/new/estimates.json");
    let estimates = std::fs::read_to_string(file).ok()?;
    let (_, median) = estimates.split_once("\"median\":")?;
    let (_, estimate) = median.split_once("\"point_estimate\":")?;
    estimate.split(',').next()?.parse().ok()
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

Each value is copied once, from the chunk into the string of its event. Events of 64 KB take about as
long as in sse-stream: both read all bytes of the chunk, check them and write them to the string.
";

const CRITERION: &str = "
## Criterion

The medians of `cargo bench` in this folder, by the clock. Criterion measures one contestant after the
other, so that other programs disturb them differently. The load average was 9 on two cores: compare the
table above.
";
