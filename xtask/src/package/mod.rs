//! The npm package: Rust → WebAssembly and its glue → entries → the folder that is packed.

mod bundle;
mod glue;
mod inlined;
mod names;
mod panics;
mod stage;
mod wasm;

use std::collections::hash_map::DefaultHasher;
use std::fs::{create_dir_all, read, read_dir, read_to_string, write};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::install::{self, npm};
use crate::process::{cargo, output};
use crate::{house, step::step};

pub(crate) use bundle::script_files;

/// What becomes the package, apart from the WebAssembly: sources, types, texts, tools.
fn template() -> PathBuf {
    house::root().join("pkg-template")
}

/// Where the tools of the package (bundler, optimiser, checkers) are installed.
pub(crate) fn tools() -> PathBuf {
    template()
}

/// Builds the package into `target/npm`; what is up to date is left alone.
pub(crate) fn build() -> Result<()> {
    install::wasm_target()?;
    npm::packages(&template())?;
    house::alone("build", || {
        let compiled = step("compiling the Rust core to WebAssembly", wasm::compile)?;
        let mut inputs = fingerprint(&template(), &[&compiled])?;
        inputs += &digest(stage::texts()?.iter().map(PathBuf::as_path))?;
        inputs += &repository()?.unwrap_or_default();
        let stamp = house::workshop().join("package.stamp");
        if house::staged_package().is_dir()
            && read_to_string(&stamp).is_ok_and(|last| last == inputs)
        {
            return Ok(());
        }
        step("binding and optimising the WebAssembly", || {
            wasm::bind(&compiled)
        })?;
        step("bundling the entries of the npm package", assemble)?;
        write(stamp, inputs).context("cannot note what was built")
    })
}

/// Where the repository is, as Cargo.toml says.
pub(crate) fn repository() -> Result<Option<String>> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
    let metadata: Value = serde_json::from_str(&output(&mut metadata)?)?;
    let packages = metadata["packages"].as_array();
    let mut packages = packages.into_iter().flatten();
    let client = packages.find(|package| package["name"] == house::CRATE);
    let address = client.and_then(|package| package["repository"].as_str());
    Ok(address.map(ToOwned::to_owned))
}

/// Packs the staged package and returns the tarball, the same bytes as long as nothing changed.
pub(crate) fn pack() -> Result<PathBuf> {
    let folder = house::workshop().join("packed");
    house::alone("build", || npm::pack(&house::staged_package(), &folder))?;
    Ok(folder.join(format!("authenticated-event-source-{}.tgz", house::VERSION)))
}

fn assemble() -> Result<()> {
    let staged = house::staged_package();
    if staged.exists() {
        std::fs::remove_dir_all(&staged)?;
    }
    create_dir_all(staged.join("dist"))?;
    bundle::entries()?;
    stage::files()
}

/// A digest of the sources in a folder, of the files beside it, and of this program, which turns
/// the one into the other.
pub(crate) fn fingerprint(folder: &Path, beside: &[&Path]) -> Result<String> {
    let sources = sources(folder)?;
    let program = std::env::current_exe()?;
    let files = sources
        .iter()
        .map(PathBuf::as_path)
        .chain([program.as_path()]);
    digest(files.chain(beside.iter().copied()))
}

/// A digest of names and contents.
pub(crate) fn digest<'a>(files: impl IntoIterator<Item = &'a Path>) -> Result<String> {
    let mut digest = DefaultHasher::new();
    for file in files {
        file.hash(&mut digest);
        read(file)?.hash(&mut digest);
    }
    Ok(format!("{:016x}", digest.finish()))
}

/// The files in a folder, but for what is installed or made there.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true if path.ends_with("node_modules")
                || path.ends_with("dist")
                || path.ends_with("generated") => {}
            true => found.extend(sources(&path)?),
            false => found.push(path),
        }
    }
    found.sort();
    Ok(found)
}
