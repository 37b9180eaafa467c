//! Sources → the entries that people import.
//!
//! | output | for | the WebAssembly |
//! | --- | --- | --- |
//! | `dist/*.js` | `import` | inlined, in chunks that the entries share |
//! | `dist/cjs/*.js` | `require` | the same files, converted one by one, so that the entries share one class too |
//! | `dist/parser.js`, `dist/cjs/parser.js` | code that only parses | inlined, the module without the connection |
//! | `dist/slim.js` | `import` | the file beside it, fetched |
//! | `dist/edge*.js` | `import` in workerd | the file beside it, imported |
//! | `dist/vercel*.js` | `import` in Vercel's edge runtime | the same, imported with `?module` |
//! | `dist/global.js` | `<script>` | inlined |
//!
//! The condition given here selects the form of the WebAssembly in the `imports` map of the package.

use std::fs::{copy, create_dir_all, read_dir, remove_file, write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{bind, template};
use crate::install::node_modules;
use crate::paths;
use crate::process::run;

/// The entries that inline the module, and the file of each.
const INLINED: [(&str, &str); 5] = [
    ("index", "index.ts"),
    ("event-source", "event-source-entry.ts"),
    ("fetch-event-source", "fetch-event-source.ts"),
    ("shared", "shared-entry.ts"),
    ("observe", "observe-entry.ts"),
];

/// The entry `./parser`.
const PARSER: &str = "parser-entry.ts";

/// An entry of the bundler alone. It puts the code that only parses into chunks of its own: bundlers drop a whole
/// file that an application does not use, but keep the statements of a used file that complete its classes.
const PARSING: &str = "chunks/parsing";

/// Entries that share their code, so that they share one class.
const SPLIT: [&str; 2] = ["--format=esm", "--splitting"];

pub(super) fn entries() -> Result<()> {
    let dist = paths::staged_package().join("dist");
    modules(&dist)?;
    parser(&dist)?;
    common_js(&dist)?;
    slim(&dist)?;
    edge(&dist, "edge", "workerd")?;
    edge(&dist, "vercel", "edge-light")?;
    global(&dist)?;
    for module in [bind::CLIENT, bind::PARSER] {
        copy(module.path(), dist.join(module.name).with_extension("wasm"))?;
    }
    Ok(())
}

fn source(file: &str) -> PathBuf {
    template().join("src").join(file)
}

fn modules(dist: &Path) -> Result<()> {
    let mut build = bundler(dist);
    build.args(INLINED.map(|(entry, file)| format!("{entry}={}", source(file).display())));
    build.arg(format!("{PARSING}={}", source(PARSER).display()));
    build.args(["--chunk-names=chunks/[name]-[hash]"]);
    run(build.args(SPLIT).arg(metafile("modules")))?;
    for kind in ["js", "js.map"] {
        remove_file(dist.join(PARSING).with_extension(kind))?;
    }
    Ok(())
}

/// Bundles the entry `./parser`, which shares nothing with the others: its WebAssembly is another module.
fn parser(dist: &Path) -> Result<()> {
    let mut build = bundler(dist);
    build.arg(format!("parser={}", source(PARSER).display()));
    build.args(["--format=esm", "--conditions=parser"]);
    run(build.arg(metafile("parser")))
}

fn common_js(dist: &Path) -> Result<()> {
    let folder = dist.join("cjs");
    create_dir_all(&folder)?;
    write(folder.join("package.json"), "{ \"type\": \"commonjs\" }\n")?;
    let mut build = node_modules::program(&template(), "esbuild");
    build
        .args(script_files(dist)?)
        .args(script_files(&dist.join("chunks"))?);
    build.args([
        "--format=cjs",
        "--target=es2022",
        "--minify",
        "--sourcemap",
        "--log-level=warning",
    ]);
    run(build
        .arg(format!("--outbase={}", dist.display()))
        .arg(format!("--outdir={}", folder.display())))
}

pub(crate) fn script_files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let paths = read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let paths: Vec<_> = paths.collect::<Result<_, _>>()?;
    Ok(paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|kind| kind == "js"))
        .collect())
}

fn slim(dist: &Path) -> Result<()> {
    let mut build = bundler(dist);
    build
        .arg(source("slim.ts"))
        .args(["--format=esm", "--conditions=slim"]);
    run(build.arg(metafile("slim")))
}

/// Bundles the entries for runtimes that cannot compile WebAssembly at run time and load the file as a
/// module. The shared code lies beside the entries, because it imports the file by a relative path.
///
/// `runtime`: the prefix of the files. `condition`: selects how the file is imported.
fn edge(dist: &Path, runtime: &str, condition: &str) -> Result<()> {
    const EXTERNAL: [&str; 2] = ["--external:*.wasm", "--external:*.wasm?module"];
    let mut build = bundler(dist);
    let input = |entry, file| format!("{runtime}-{entry}={}", source(file).display());
    build.args(INLINED.map(|(entry, file)| input(entry, file)));
    build
        .arg(format!("--conditions={condition}"))
        .args(EXTERNAL);
    build.arg(format!("--chunk-names={runtime}-[hash]"));
    run(build.args(SPLIT).arg(metafile(runtime)))?;
    let mut parser = bundler(dist);
    parser.arg(input("parser", PARSER)).args(EXTERNAL);
    parser.arg(format!("--conditions={condition},parser"));
    run(parser
        .arg("--format=esm")
        .arg(metafile(&format!("{runtime}-parser"))))
}

fn global(dist: &Path) -> Result<()> {
    let mut build = bundler(dist);
    run(build
        .arg(source("global.ts"))
        .arg("--format=iife")
        .arg(metafile("global")))
}

fn bundler(dist: &Path) -> Command {
    let mut build = node_modules::program(&template(), "esbuild");
    build.args(["--bundle", "--minify", "--sourcemap", "--target=es2022"]);
    build.args(["--legal-comments=none", "--log-level=warning"]);
    build.arg(format!("--outdir={}", dist.display()));
    build
}

/// Returns the option that makes the bundler list the imports of each file, for the table of sizes.
fn metafile(name: &str) -> String {
    format!(
        "--metafile={}",
        paths::build_files()
            .join(name)
            .with_extension("meta.json")
            .display()
    )
}
