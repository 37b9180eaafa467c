//! `cargo xtask miri`: the tests of the core in an interpreter that sees undefined behaviour.

use anyhow::Result;

use crate::install::nightly::Nightly;
use crate::process::run;

/// Runs them to their end, which takes a while.
pub(crate) fn run_miri() -> Result<()> {
    let mut miri = Nightly::with(&["miri", "rust-src"])?.cargo()?;
    miri.args(["miri", "test", "--lib"]);
    miri.args(["--test", "event_stream", "--test", "connection"]);
    // The vectors are files.
    miri.env("MIRIFLAGS", "-Zmiri-disable-isolation");
    run(miri.env("PROPTEST_CASES", "3"))
}
