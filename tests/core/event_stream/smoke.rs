//! The fuzz target without its fuzzer, on the stable toolchain: the checked-in seeds, and streams
//! made of them by chance.
use std::path::Path;
use std::{env, fs};

use fastrand::Rng;

use crate::oracle::Case;
use crate::vectors;

const DEFAULT_RUNS: usize = 20_000;

/// What a mutation inserts: the bytes that mean something, alone and together.
const TOKENS: [&[u8]; 16] = [
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    b":",
    b": ",
    b"data",
    b"data: ",
    b"event:",
    b"id:",
    b"id",
    b"retry: 5",
    b"\0",
    b"\xEF\xBB\xBF",
    b"\xE2\x82",
    b"\xFF",
];

fn seeds() -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/parser");
    let files = fs::read_dir(directory).expect("the folder of the seeds can be read");
    let mut paths: Vec<_> = files
        .map(|file| file.expect("a file has a name").path())
        .collect();
    // The order of files in a folder differs between machines. A seed must mean the same everywhere.
    paths.sort();
    paths
        .into_iter()
        .map(|path| fs::read(path).expect("a seed can be read"))
        .collect()
}

#[test]
fn every_seed() {
    let seeds = seeds();
    assert!(!seeds.is_empty());
    for seed in seeds {
        Case::from_bytes(&seed).check();
    }
}

/// Run `FUZZ_SEED=… FUZZ_RUNS=… cargo test --test event_stream mutations` for more, or to repeat.
#[test]
#[cfg_attr(
    miri,
    ignore = "reads all vectors again, which takes Miri minutes, for nothing new"
)]
fn mutations() {
    let seed = number_from_environment("FUZZ_SEED").unwrap_or_else(|| fastrand::u64(..));
    let runs = number_from_environment("FUZZ_RUNS").map_or(DEFAULT_RUNS, |runs| runs as usize);
    println!("FUZZ_SEED={seed} FUZZ_RUNS={runs}");
    let mut random = Rng::with_seed(seed);
    let mut streams = seeds();
    streams.extend(
        vectors::read()
            .into_iter()
            .map(|vector| with_random_cuts(&vector.stream)),
    );
    streams.retain(|stream| stream.len() < 1000);
    for _ in 0..runs {
        let mut input = random.choice(&streams).cloned().unwrap_or_default();
        for _ in 0..random.usize(1..6) {
            mutate(&mut random, &mut input, &streams);
        }
        Case::from_bytes(&input).check();
    }
}

fn number_from_environment(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is not a number: {value}")),
    )
}

/// In the format of [`Case::from_bytes`].
fn with_random_cuts(stream: &[u8]) -> Vec<u8> {
    [&[u8::MAX, 3, 5, 0, 9, 0, 14, 0], stream].concat()
}

fn mutate(random: &mut Rng, input: &mut Vec<u8>, others: &[Vec<u8>]) {
    let place = random.usize(..=input.len());
    match random.u8(..5) {
        0 if place < input.len() => input[place] = random.u8(..),
        1 => input.truncate(place),
        2 => drop(input.drain(place..input.len().min(place + random.usize(..20)))),
        3 => {
            let other = random.choice(others).map_or(&[][..], Vec::as_slice);
            let from = random.usize(..=other.len());
            input.splice(place..place, other[from..].iter().copied());
        }
        _ => {
            let token = random.choice(TOKENS).unwrap_or_default();
            input.splice(place..place, token.iter().copied());
        }
    }
}
