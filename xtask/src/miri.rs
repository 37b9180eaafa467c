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

/// Runs the tests of the adaptor over streams, which takes minutes.
pub(crate) fn run_short(nightly: &Nightly) -> Result<()> {
    // `stream::` would select all unit tests.
    let modules = ["--lib", "--", "chunk_reader", "shared_str", "neighbours"];
    let adaptor = ["--test", "event_stream", "--", "stream::"];
    for selection in [modules.as_slice(), &adaptor] {
        let mut miri = nightly.cargo()?;
        miri.args(["miri", "test"]).args(selection);
        run(miri.env("MIRIFLAGS", "-Zmiri-disable-isolation"))?;
    }
    Ok(())
}
