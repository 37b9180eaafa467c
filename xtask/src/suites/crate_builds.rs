//! The crate with every set of features, on the oldest Rust that it supports, and as docs.rs documents it.

use anyhow::{Context, Result, bail, ensure};

use crate::install::nightly::Nightly;
use crate::install::{self, WASM};
use crate::paths::{CRATE, build_files, root};
use crate::process::{cargo, command, output, run};
use crate::progress::step;
use crate::report::{CannotContinue, Report};

/// The features of an application. `npm` is for the npm package alone.
const FEATURES: [&str; 4] = ["browser", "serde", "serde_json", "stream"];

/// A target without an operating system and without `std`.
const BARE: &str = "thumbv7em-none-eabi";

/// The oldest Rust that `Cargo.toml` declares.
const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");

pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    if filter.is_some() {
        return report.check("builds of the crate", || {
            bail!("This suite has no tests to select. Run it without a filter.")
        });
    }
    let _ = report.check("every set of features, on three targets", every_set);
    match oldest_toolchain() {
        Ok(toolchain) => {
            let name = format!("Rust {OLDEST}, the oldest that is supported");
            let _ = report.check(&name, || with_oldest(&toolchain));
        }
        Err(error) => report.leave_out("the oldest Rust that is supported", &error),
    }
    match Nightly::with(&[]) {
        Ok(nightly) => report.check("documentation as docs.rs builds it", || docs_rs(&nightly)),
        Err(error) => {
            report.leave_out("documentation as docs.rs builds it", &error);
            Ok(())
        }
    }
}

/// Each set of features as Cargo reads it.
fn sets() -> impl Iterator<Item = String> {
    (0..1 << FEATURES.len()).map(|set: u32| {
        let chosen = FEATURES.iter().enumerate();
        let chosen = chosen.filter(|(index, _)| set & (1 << index) != 0);
        chosen.map(|(_, name)| *name).collect::<Vec<_>>().join(",")
    })
}

fn every_set() -> Result<()> {
    install::target(WASM)?;
    install::target(BARE)?;
    for target in [None, Some(WASM), Some(BARE)] {
        for features in sets() {
            let mut clippy = cargo();
            clippy.args(["clippy", "--quiet", "--package", CRATE, "--lib"]);
            clippy.args(["--no-default-features", "--features", &features]);
            clippy.args(target.iter().flat_map(|target| ["--target", target]));
            clippy.args(["--", "-D", "warnings"]);
            let target = target.unwrap_or("the host");
            run(&mut clippy).with_context(|| format!("features `{features}` on {target}"))?;
        }
    }
    Ok(())
}

/// Returns the name of the oldest toolchain, after its installation if necessary.
fn oldest_toolchain() -> Result<String> {
    let toolchain = format!("{OLDEST}.0");
    let rustup = || command("rustup", root());
    let installed = output(rustup().args(["toolchain", "list"]))?;
    if !installed.lines().any(|line| line.starts_with(&toolchain)) {
        step(&format!("installing Rust {toolchain}"), || {
            let install = ["toolchain", "install", &toolchain, "--profile", "minimal"];
            run(rustup().args(install).arg("--no-self-update"))
        })?;
    }
    run(rustup().args(["--quiet", "target", "add", WASM, "--toolchain", &toolchain]))?;
    Ok(toolchain)
}

/// Compiles the crate with all features of an application. Its tests and tools may need a newer Rust.
fn with_oldest(toolchain: &str) -> Result<()> {
    for target in [None, Some(WASM)] {
        let mut check = command("rustup", root());
        check.args([
            "run",
            toolchain,
            "cargo",
            "check",
            "--quiet",
            "--package",
            CRATE,
        ]);
        check.args(["--features", &FEATURES.join(",")]);
        check.args(target.iter().flat_map(|target| ["--target", target]));
        // The toolchain of this repository would find its own files out of date.
        run(check.arg("--target-dir").arg(build_files().join("oldest")))?;
    }
    Ok(())
}

/// Builds the documentation with the options of docs.rs, which shows what each item needs.
fn docs_rs(nightly: &Nightly) -> Result<()> {
    let folder = build_files().join("docs-rs");
    let mut docs = nightly.cargo()?;
    docs.args(["doc", "--quiet", "--package", CRATE, "--no-deps"]);
    docs.args(["--features", "serde,serde_json,stream"]);
    docs.arg("--target-dir").arg(&folder);
    run(docs.env("RUSTDOCFLAGS", "--cfg docsrs -D warnings"))?;
    let page = folder.join("doc/authenticated_event_source/event_stream/trait.ByteStreamExt.html");
    let page = std::fs::read_to_string(page)?;
    ensure!(
        page.contains("crate feature <code>stream</code>"),
        "The documentation does not show which feature an item needs."
    );
    ensure!(
        !page.contains("npm_module"),
        "The documentation shows an internal condition."
    );
    Ok(())
}
