//! Installs what a machine with only Rust and Node lacks, at exact versions.

pub(crate) mod cargo_tools;
pub(crate) mod debian;
pub(crate) mod nightly;
pub(crate) mod node_modules;

use anyhow::{Context, Result, ensure};

use crate::process::{command, output, run};
use crate::{paths, progress::step};

/// The target of WebAssembly.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Installs the WebAssembly target of the pinned toolchain.
pub(crate) fn wasm_target() -> Result<()> {
    target(WASM)
}

/// Installs a target of the pinned toolchain.
pub(crate) fn target(name: &str) -> Result<()> {
    let libraries = output(command("rustc", paths::root()).args([
        "--print",
        "target-libdir",
        "--target",
        name,
    ]))?;
    if std::path::Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    step(&format!("installing the Rust target {name}"), || {
        run(command("rustup", paths::root()).args(["target", "add", name]))
    })
}

/// Checks that Node is recent enough for the npm packages.
pub(crate) fn node() -> Result<()> {
    const OLDEST: u32 = 20;
    let version = output(command("node", paths::root()).arg("--version"))
        .with_context(|| format!("Node {OLDEST} or newer is needed: https://nodejs.org"))?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|n| n.parse().ok());
    let major: u32 = major.with_context(|| format!("`node --version` printed {version}"))?;
    ensure!(
        major >= OLDEST,
        "Node {OLDEST} or newer is needed, this is {version}"
    );
    Ok(())
}
