//! `cargo xtask pack`: what would be published, checked. Nothing is published.

use std::path::Path;

use anyhow::Result;

use crate::house::{CRATE, VERSION, root};
use crate::process::{cargo, run};
use crate::{package, size, step::step};

/// Packs crate and package with the same version and says how to publish them.
pub(crate) fn run_pack() -> Result<()> {
    package::build()?;
    size::report()?;
    let tarball = step("packing the npm package", package::pack)?;
    step("packing and verifying the crate", || verify_crate(&[]))?;
    step("the same for wasm32", verify_crate_for_wasm)?;
    say_what_to_publish(&tarball);
    Ok(())
}

/// Compiles the crate as crates.io would hand it out.
fn verify_crate(arguments: &[&str]) -> Result<()> {
    let mut package = cargo();
    package.args(["package", "--package", CRATE, "--allow-dirty"]);
    run(package.args(arguments))
}

/// Once more, since half of the crate exists only where a browser is.
pub(crate) fn verify_crate_for_wasm() -> Result<()> {
    verify_crate(&["--target=wasm32-unknown-unknown"])
}

pub(crate) fn say_what_to_publish(tarball: &Path) {
    let krate = root().join(format!("target/package/{CRATE}-{VERSION}.crate"));
    println!("\nReady to publish, version {VERSION}; nothing is published:");
    println!("  {}", krate.display());
    println!("    cargo publish --package {CRATE}");
    println!("  {}", tarball.display());
    println!("    npm publish --provenance {}", tarball.display());
    println!("    (provenance needs a CI that npm knows, with the right to ask for its identity)");
}
