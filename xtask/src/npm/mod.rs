//! The npm package, from the Rust sources to the files that a release would publish.
//!
//! [`build()`] is the whole way: [`bind`] compiles the crate to WebAssembly and writes its glue,
//! [`inline`] turns the module into text, [`bundle`] makes the entries, and [`stage`] adds the other
//! files. [`size`] measures the result. [`consumer`] installs and checks the package as users get
//! it. [`pack`] and [`release`] are the commands for publishing.

pub(crate) mod bind;
pub(crate) mod build;
mod bundle;
pub(crate) mod consumer;
mod inline;
mod names;
pub(crate) mod pack;
mod panics;
pub(crate) mod protocol;
pub(crate) mod release;
pub(crate) mod size;
mod stage;

use std::path::PathBuf;

use anyhow::Result;
use serde_json::Value;

use crate::paths;
use crate::process::{cargo, output};

pub(crate) use build::build;
pub(crate) use bundle::script_files;
pub(crate) use pack::tarball;

/// Returns the folder with the sources, texts and tools of the package.
pub(crate) fn template() -> PathBuf {
    paths::root().join("pkg-template")
}

/// Returns the address of the repository from Cargo.toml.
pub(crate) fn repository() -> Result<Option<String>> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
    let metadata: Value = serde_json::from_str(&output(&mut metadata)?)?;
    let packages = metadata["packages"].as_array();
    let mut packages = packages.into_iter().flatten();
    let client = packages.find(|package| package["name"] == paths::CRATE);
    let address = client.and_then(|package| package["repository"].as_str());
    Ok(address.map(ToOwned::to_owned))
}
