//! The fuzz target without its fuzzer, on the stable toolchain.
use fastrand::Rng;

use crate::model::Life;

const RUNS: usize = if cfg!(miri) { 20 } else { 20_000 };

/// Run `FUZZ_SEED=… cargo test --test connection any_bytes` to repeat a run.
#[test]
fn any_bytes() {
    let seed = std::env::var("FUZZ_SEED").map_or_else(
        |_| fastrand::u64(..),
        |seed| seed.parse().expect("FUZZ_SEED is a number"),
    );
    println!("FUZZ_SEED={seed}");
    let mut random = Rng::with_seed(seed);
    for _ in 0..RUNS {
        let length = random.usize(..300);
        let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..))
            .take(length)
            .collect();
        Life::from_bytes(&bytes).check();
    }
}
