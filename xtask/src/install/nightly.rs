//! The nightly toolchain, for what only it can do: fuzzing with sanitizers, and Miri.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{command, output, run};
use crate::{paths, progress::step};

/// Of this day, so that a run of today can be repeated.
const PINNED: &str = "nightly-2026-05-20";
/// Whatever nightly is installed, where the pinned one cannot be had.
const ANY: &str = "nightly";

/// A toolchain that is installed, with the components that were asked for.
pub(crate) struct Nightly(&'static str);

impl Nightly {
    /// The pinned nightly, installed if need be; else any nightly that is there.
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
                eprintln!("  going on with the `{ANY}` that is installed");
                Ok(Self(ANY))
            }
            Err(error) => {
                Err(error).context("no nightly toolchain is installed, and none could be")
            }
        }
    }

    /// This toolchain's Cargo, which also finds our tools.
    pub(crate) fn cargo(&self) -> Result<Command> {
        let mut cargo = command("rustup", paths::root());
        cargo.args(["run", self.0, "cargo"]);
        cargo.env("PATH", paths::path_with_tools()?);
        Ok(cargo)
    }
}

/// Whether the toolchain is installed, with all of these components.
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
