//! Builds the npm package: Rust → WebAssembly and its glue → entries → the folder that is packed.

use std::fs::{create_dir_all, read_to_string, remove_dir_all, write};
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{bind, bundle, repository, stage, template};
use crate::fingerprint::{digest, fingerprint};
use crate::install::{self, node_modules};
use crate::{paths, progress::step};

/// Builds the package into `target/npm`, unless its inputs are the same as last time.
pub(crate) fn build() -> Result<()> {
    install::wasm_target()?;
    node_modules::packages(&template())?;
    paths::alone("build", || {
        let client = step("compiling the Rust core to WebAssembly", || {
            bind::compile(bind::CLIENT)
        })?;
        let parser = step("compiling the parser alone", || bind::compile(bind::PARSER))?;
        let mut inputs = fingerprint(&template(), &[&client, &parser])?;
        inputs += &digest(stage::texts()?.iter().map(PathBuf::as_path))?;
        inputs += &repository()?.unwrap_or_default();
        let stamp = paths::build_files().join("package.stamp");
        if paths::staged_package().is_dir()
            && read_to_string(&stamp).is_ok_and(|last| last == inputs)
        {
            return Ok(());
        }
        step("binding and optimising the WebAssembly", || {
            bind::bind(bind::CLIENT, &client)?;
            bind::bind(bind::PARSER, &parser)
        })?;
        step("bundling the entries of the npm package", assemble)?;
        write(stamp, inputs).context("Cannot write the stamp of the package build")
    })
}

fn assemble() -> Result<()> {
    let staged = paths::staged_package();
    if staged.exists() {
        remove_dir_all(&staged)?;
    }
    create_dir_all(staged.join("dist"))?;
    bundle::entries()?;
    stage::files()
}
