//! `cargo xtask pack`: packs and checks what a release would publish. It publishes nothing.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{build, size};
use crate::install::node_modules;
use crate::paths::{self, CRATE, VERSION, root};
use crate::process::{cargo, run};
use crate::progress::step;

/// Packs the crate and the npm package with the same version, and prints how to publish them.
pub(crate) fn run_pack() -> Result<()> {
    build()?;
    size::report()?;
    let tarball = step("packing the npm package", tarball)?;
    step("packing and verifying the crate", || verify_crate(&[]))?;
    step("the same for wasm32", verify_crate_for_wasm)?;
    print_publish_commands(&tarball);
    Ok(())
}

/// Packs the staged package and returns the tarball. Its bytes depend only on the staged files.
pub(crate) fn tarball() -> Result<PathBuf> {
    let folder = paths::build_files().join("packed");
    paths::alone("build", || {
        node_modules::pack(&paths::staged_package(), &folder)
    })?;
    Ok(folder.join(format!("{CRATE}-{VERSION}.tgz")))
}

/// Compiles the crate from the archive that crates.io would distribute.
fn verify_crate(arguments: &[&str]) -> Result<()> {
    let mut package = cargo();
    package.args(["package", "--package", CRATE, "--allow-dirty"]);
    run(package.args(arguments))
}

/// Verifies the crate for wasm32, because half of it exists only in a browser.
pub(crate) fn verify_crate_for_wasm() -> Result<()> {
    verify_crate(&["--target=wasm32-unknown-unknown"])
}

pub(crate) fn print_publish_commands(tarball: &Path) {
    let krate = root().join(format!("target/package/{CRATE}-{VERSION}.crate"));
    println!("\nReady to publish, version {VERSION}; nothing is published:");
    println!("  {}", krate.display());
    println!("    cargo publish --package {CRATE}");
    println!("  {}", tarball.display());
    println!("    npm publish --provenance {}", tarball.display());
    println!("    (provenance needs a CI service that npm supports, with an identity token)");
}
