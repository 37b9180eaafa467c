//! npm packages, exactly as the lock file of their folder names them.

use std::fs::{copy, create_dir_all, read, read_to_string, write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::node;
use crate::process::{command, run};
use crate::{house, package, step::step};

const QUIET: [&str; 4] = [
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
];

/// npm in a folder; it speaks only if something is wrong.
fn npm(folder: &Path, verb: &str) -> Command {
    let mut npm = command("npm", folder);
    npm.arg(verb).args(QUIET).stdout(Stdio::null());
    npm
}

/// Installs what the lock file in `folder` names, unless that very file is installed already.
pub(crate) fn packages(folder: &Path) -> Result<()> {
    node()?;
    let lock_file = folder.join("package-lock.json");
    let lock = read(&lock_file).with_context(|| format!("cannot read {}", lock_file.display()))?;
    // Inside node_modules, so that deleting the packages deletes the claim that they are there.
    let installed = folder.join("node_modules/.installed-lock.json");
    house::alone("build", || {
        if read(&installed).is_ok_and(|before| before == lock) {
            return Ok(());
        }
        step(
            &format!("installing the npm packages of {}/", shown(folder)),
            || {
                run(&mut npm(folder, "ci"))?;
                write(&installed, &lock).context("npm ci left no node_modules")
            },
        )
    })
}

/// Installs a packed package into `folder`, without a trace in its package.json or lock file.
pub(crate) fn tarball(folder: &Path, tarball: &Path) -> Result<()> {
    run(npm(folder, "install")
        .args(["--no-save", "--no-package-lock"])
        .arg(tarball))
}

/// A project of what `list` names and of a packed package, side by side in `folder`.
///
/// Without a lock file: what is tested is what people get who install these today.
pub(crate) fn project(folder: &Path, list: &Path, tarball: &Path, what: &str) -> Result<()> {
    create_dir_all(folder)?;
    let inputs = package::digest([list, tarball])?;
    let stamp = folder.join("node_modules/.installed");
    if read_to_string(&stamp).is_ok_and(|last| last == inputs) {
        return Ok(());
    }
    step(what, || {
        copy(list, folder.join("package.json"))?;
        self::tarball(folder, tarball)?;
        Ok(write(&stamp, inputs)?)
    })
}

/// Packs the package in `folder` into `destination`, under npm's name for it.
pub(crate) fn pack(folder: &Path, destination: &Path) -> Result<()> {
    create_dir_all(destination)?;
    run(npm(folder, "pack")
        .arg("--pack-destination")
        .arg(destination))
}

/// A program that the packages of `folder` bring.
pub(crate) fn program(folder: &Path, name: &str) -> Command {
    command(folder.join("node_modules/.bin").join(name), house::root())
}

fn shown(folder: &Path) -> String {
    folder
        .strip_prefix(house::root())
        .unwrap_or(folder)
        .display()
        .to_string()
}
