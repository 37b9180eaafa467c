//! `cargo xtask conformance`: runs every case of the standard on the package and its peers, and writes
//! tests/npm/spec/RESULTS.md.

use anyhow::Result;

use crate::engines::Engines;
use crate::install::node_modules;
use crate::paths;
use crate::process::run;

/// Builds and packs the package, installs its peers, and runs all of them in the engines.
pub(crate) fn write_table() -> Result<()> {
    let engines = Engines::prepare()?;
    node_modules::packages(&paths::root().join("tests/npm/spec/peers"))?;
    run(engines.node()?.arg("tests/npm/spec/table.mjs"))
}
