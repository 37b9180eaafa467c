//! `cargo xtask conformance`: the package and its peers against every case of the standard; writes
//! tests/conformance/RESULTS.md.

use anyhow::Result;

use crate::engines::Engines;
use crate::house;
use crate::install::npm;
use crate::process::run;

/// Builds and packs the package, installs its peers, and runs all of them in the engines.
pub(crate) fn write_table() -> Result<()> {
    let engines = Engines::prepare()?;
    npm::packages(&house::root().join("tests/conformance/peers"))?;
    run(engines.node()?.arg("tests/conformance/table.mjs"))
}
