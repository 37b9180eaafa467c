//! `cargo xtask pack`: what would be published, checked. Nothing is published.

use anyhow::Result;

use crate::house::{VERSION, root};
use crate::process::{cargo, run};
use crate::{package, size, step::step};

/// Packs crate and package with the same version and says how to publish them.
pub(crate) fn run_pack() -> Result<()> {
    package::build()?;
    size::report()?;
    let tarball = step("packing the npm package", package::pack)?;
    step("packing and verifying the crate", verify_crate)?;
    let krate = root().join(format!(
        "target/package/authenticated-event-source-{VERSION}.crate"
    ));
    println!("\nReady to publish, version {VERSION}:");
    println!("  npm publish --provenance {}", tarball.display());
    println!(
        "  cargo publish --package authenticated-event-source   ({})",
        krate.display()
    );
    Ok(())
}

/// The verification compiles the crate as crates.io would hand it out; twice, since half of it
/// exists only where a browser is.
fn verify_crate() -> Result<()> {
    for target in [None, Some("wasm32-unknown-unknown")] {
        let mut package = cargo();
        package.args([
            "package",
            "--package",
            "authenticated-event-source",
            "--allow-dirty",
        ]);
        run(package.args(target.map(|target| format!("--target={target}"))))?;
    }
    Ok(())
}
