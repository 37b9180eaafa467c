//! Tools from crates.io, compiled once for all checkouts of this user.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::{cargo, command, output, run};
use crate::{paths, progress::step};

const WASM_PACK: &str = "0.15.1";
const GECKODRIVER: &str = "0.37.1";
const CARGO_FUZZ: &str = "0.13.2";

/// Installs `wasm-pack`, and the test runner of the same `wasm-bindgen` version as the library.
pub(crate) fn wasm_test_tools() -> Result<()> {
    let bindgen = locked_version("wasm-bindgen")?;
    tool("wasm-pack", "wasm-pack", WASM_PACK)?;
    tool("wasm-bindgen-cli", "wasm-bindgen", &bindgen)?;
    Ok(())
}

/// Installs the WebDriver program of Firefox, which Debian's stable release does not have.
pub(crate) fn geckodriver() -> Result<PathBuf> {
    tool("geckodriver", "geckodriver", GECKODRIVER)?;
    Ok(paths::tools()?.join("bin/geckodriver"))
}

/// Installs `cargo fuzz`.
pub(crate) fn fuzz() -> Result<()> {
    tool("cargo-fuzz", "cargo-fuzz", CARGO_FUZZ)
}

fn tool(package: &str, program: &str, version: &str) -> Result<()> {
    let tools = paths::tools()?;
    if is_installed(&tools.join("bin").join(program), version) {
        return Ok(());
    }
    // No `--locked`: the lock files of these packages name versions that a registry may not have.
    step(
        &format!(
            "compiling {package} {version} into {} (several minutes, once)",
            tools.display()
        ),
        || {
            run(cargo()
                .args(["install", "--force", "--quiet", "--root"])
                .arg(&tools)
                .arg(format!("{package}@={version}")))
        },
    )
}

fn is_installed(program: &Path, version: &str) -> bool {
    program.is_file()
        && output(command(program, paths::root()).arg("--version"))
            .is_ok_and(|printed| printed.split_whitespace().any(|word| word == version))
}

/// Returns the version of a package in the lock file.
fn locked_version(package: &str) -> Result<String> {
    let lock = std::fs::read_to_string(paths::root().join("Cargo.lock"))?;
    let entry = lock
        .split("[[package]]")
        .find(|entry| entry.contains(&format!("name = \"{package}\"\n")));
    let version = entry
        .and_then(|entry| entry.split("version = \"").nth(1))
        .and_then(|rest| rest.split('"').next());
    version
        .map(str::to_owned)
        .with_context(|| format!("Cargo.lock names no {package}"))
}
