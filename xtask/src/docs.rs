//! `cargo xtask docs`: the API reference of the crate and of the npm package. A warning is an error.

use std::fs::{copy, create_dir_all};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::install::node_modules;
use crate::paths::{CRATE, build_files, root};
use crate::process::{cargo, command, run};
use crate::{npm, progress::step};

/// Builds both and prints their paths.
pub(crate) fn run_docs() -> Result<()> {
    npm::build()?;
    let project = project(&npm::tarball()?)?;
    step("rustdoc", rust)?;
    step("TypeDoc", || javascript(&project))?;
    let rust = root().join("target/wasm32-unknown-unknown/doc/authenticated_event_source");
    println!("\nRust:       {}/index.html", rust.display());
    println!("JavaScript: {}/index.html", typedoc().display());
    Ok(())
}

/// Documents the crates for the host and for wasm32, because half of the client needs a browser.
pub(crate) fn rust() -> Result<()> {
    let mut host = cargo();
    run(host
        .args(["doc", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    let mut wasm = cargo();
    wasm.args([
        "doc",
        "--package",
        CRATE,
        "--no-deps",
        "--target",
        "wasm32-unknown-unknown",
        "--features",
        "serde",
    ]);
    run(wasm.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Documents the declarations of the npm package.
pub(crate) fn javascript(project: &Path) -> Result<()> {
    let program = project.join("node_modules/.bin/typedoc");
    let options = root().join("tests/npm/docs/typedoc.json");
    let mut typedoc_program = command(program, root());
    typedoc_program.arg("--options").arg(options);
    run(typedoc_program.arg("--out").arg(typedoc()))
}

fn typedoc() -> PathBuf {
    root().join("target/typedoc")
}

/// Creates a project with the packed package, the libraries in the documents, and TypeDoc.
pub(crate) fn project(tarball: &Path) -> Result<PathBuf> {
    let folder = build_files().join("docs");
    create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json"] {
        copy(root().join("tests/npm/docs").join(name), folder.join(name))?;
    }
    node_modules::packages(&folder)?;
    node_modules::unpack(&folder, tarball)?;
    Ok(folder)
}

/// Creates a project with the packed package and the frameworks in the documents.
pub(crate) fn frameworks(tarball: &Path) -> Result<PathBuf> {
    let folder = build_files().join("frameworks");
    let list = root().join("tests/npm/frameworks/package.json");
    node_modules::project(&folder, &list, tarball, "installing the frameworks")?;
    Ok(folder)
}
