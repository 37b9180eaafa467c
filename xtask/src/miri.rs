//! `cargo xtask miri`: runs the tests of the core in an interpreter that detects undefined behaviour.

use anyhow::Result;

use crate::install::nightly::Nightly;
use crate::process::run;

/// Runs the tests, which takes half an hour.
pub(crate) fn run_miri() -> Result<()> {
    let mut miri = Nightly::with(&["miri", "rust-src"])?.cargo()?;
    miri.args(["miri", "test", "--lib"]);
    miri.args(["--test", "event_stream", "--test", "connection"]);
    // Isolation forbids files, and the vectors are files.
    miri.env("MIRIFLAGS", "-Zmiri-disable-isolation");
    run(miri.env("PROPTEST_CASES", "3"))
}
