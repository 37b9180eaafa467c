//! The nightly toolchain, which fuzzing with sanitizers and Miri need.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{command, output, run};
use crate::{paths, progress::step};

/// The pinned date, so that runs are repeatable.
const PINNED: &str = "nightly-2026-05-20";
/// Any installed nightly, if the pinned one is not available.
const ANY: &str = "nightly";

/// An installed toolchain with the requested components.
pub(crate) struct Nightly(&'static str);

impl Nightly {
    /// Returns the pinned nightly, after its installation if necessary, or else any installed nightly.
    pub(crate) fn with(components: &[&str]) -> Result<Self> {
        if has(PINNED, components) {
            return Ok(Self(PINNED));
        }
        let installed = step(&format!("installing Rust's {PINNED}"), || {
            install(components)
        });
        match installed {
            Ok(()) => Ok(Self(PINNED)),
            Err(_) if has(ANY, components) => {
                eprintln!("  using the installed `{ANY}`");
                Ok(Self(ANY))
            }
            Err(error) => {
                Err(error).context("No nightly toolchain is installed, and the installation failed")
            }
        }
    }

    /// Returns the Cargo of this toolchain, with the tools of this program on its PATH.
    pub(crate) fn cargo(&self) -> Result<Command> {
        let mut cargo = command("rustup", paths::root());
        cargo.args(["run", self.0, "cargo"]);
        cargo.env("PATH", paths::path_with_tools()?);
        Ok(cargo)
    }
}

/// Returns whether the toolchain is installed with all of these components.
fn has(toolchain: &str, components: &[&str]) -> bool {
    let mut list = command("rustup", paths::root());
    list.args(["component", "list", "--installed", "--toolchain", toolchain]);
    output(&mut list).is_ok_and(|installed| {
        components
            .iter()
            .all(|component| installed.lines().any(|line| line.starts_with(component)))
    })
}

fn install(components: &[&str]) -> Result<()> {
    let mut install = command("rustup", paths::root());
    install.args(["toolchain", "install", PINNED, "--no-self-update"]);
    install.args(["--profile", "minimal"]);
    for component in components {
        install.args(["--component", component]);
    }
    run(&mut install)?;
    if !has(PINNED, components) {
        bail!("{PINNED} came without {}", components.join(" and "));
    }
    Ok(())
}
