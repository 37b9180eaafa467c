//! `cargo bench`: every contestant on every workload and chunk size, with criterion.
//!
//! `cargo bench -- tokens` runs one workload.

use std::time::Duration;

use authenticated_event_source_benches::{CHUNK_SIZES, CONTESTANTS, workloads};
use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn event_stream(criterion: &mut Criterion) {
    for workload in workloads() {
        let mut group = criterion.benchmark_group(workload.name);
        group.sample_size(20);
        group.warm_up_time(Duration::from_millis(500));
        group.measurement_time(Duration::from_secs(2));
        for size in CHUNK_SIZES {
            let chunks = workload.chunks(size);
            let len: usize = chunks.iter().map(Bytes::len).sum();
            group.throughput(Throughput::Bytes(len as u64));
            for (name, read) in CONTESTANTS {
                let id = BenchmarkId::new(name, size);
                group.bench_with_input(id, &chunks, |bencher, chunks| {
                    bencher.iter(|| read(chunks));
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, event_stream);
criterion_main!(benches);
