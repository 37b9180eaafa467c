//! The size of each entry: raw, gzipped, and under Brotli, which browsers download.

use std::collections::BTreeSet;
use std::fs::{create_dir_all, read, read_to_string, write};
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;

use crate::install::node_modules;
use crate::paths;
use crate::process::run;

/// The largest allowed size of an application's bundle that imports the class from the default entry, with
/// the inlined module, in bytes under Brotli.
const BUDGET: usize = 26 * 1024;

/// The same for all members of the default entry.
const ALL_BUDGET: usize = 28 * 1024;

/// The same for the entry `./parser`. The target is 10 KiB. NOTES.md of the benchmarks lists its parts.
const PARSER_BUDGET: usize = 11 * 1024;

/// What applications import, and the label of each.
const BUNDLES: [(&str, &str); 3] = [
    ("the class, bundled", "{ AuthenticatedEventSource as all }"),
    ("events(), bundled", "{ events as all }"),
    ("all members, bundled", "* as all"),
];

/// The entries, the bundler's list of imports for each, and the files that it loads at run time.
const ENTRIES: [(&str, &str, &[&str]); 7] = [
    ("dist/index.js", "modules", &[]),
    ("dist/parser.js", "parser", &[]),
    ("dist/event-source.js", "modules", &[]),
    ("dist/fetch-event-source.js", "modules", &[]),
    ("dist/shared.js", "modules", &[]),
    (
        "dist/slim.js",
        "slim",
        &["dist/authenticated_event_source.wasm"],
    ),
    ("dist/global.js", "global", &[]),
];

#[derive(Clone, Copy, Default)]
struct Weight {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// Prints the table. An entry over its budget is an error.
pub(crate) fn report() -> Result<()> {
    println!("{:<28}{:>10}{:>10}{:>10}", "bytes", "raw", "gzip", "brotli");
    let [class, _, all] = BUNDLES.map(|(label, members)| bundle(label, members));
    entry(ENTRIES[0])?;
    let parser = entry(ENTRIES[1])?;
    for listed in &ENTRIES[2..] {
        entry(*listed)?;
    }
    check("the class", class?, BUDGET)?;
    check("the default entry", all?, ALL_BUDGET)?;
    check("`./parser`", parser, PARSER_BUDGET)
}

fn check(name: &str, weight: Weight, budget: usize) -> Result<()> {
    println!(
        "budget of {name}: {budget} bytes brotli, {} used",
        weight.brotli
    );
    ensure!(weight.brotli <= budget, "{name} is over its budget");
    Ok(())
}

/// Bundles what an application imports from the default entry, as its bundler does.
fn bundle(label: &str, members: &str) -> Result<Weight> {
    let folder = paths::build_files().join("size");
    create_dir_all(&folder)?;
    let [application, bundled] = ["application.js", "bundled.js"].map(|file| folder.join(file));
    let index = paths::staged_package().join("dist/index.js");
    let import = format!("import {members} from {index:?};\nglobalThis.all = all;\n");
    write(&application, import)?;
    let mut esbuild = node_modules::program(&super::template(), "esbuild");
    esbuild.args([
        "--bundle",
        "--minify",
        "--format=esm",
        "--log-level=warning",
    ]);
    esbuild.arg(&application);
    run(esbuild.arg(format!("--outfile={}", bundled.display())))?;
    let weight = weigh(&read(bundled)?)?;
    print(label, weight);
    Ok(weight)
}

fn print(label: &str, Weight { raw, gzip, brotli }: Weight) {
    println!("{label:<28}{raw:>10}{gzip:>10}{brotli:>10}");
}

fn entry((file, note, beside): (&str, &str, &[&str])) -> Result<Weight> {
    let mut files = BTreeSet::from([file.to_owned()]);
    collect(&bundlers_note(note)?, file, &mut files)?;
    files.extend(beside.iter().map(|name| (*name).to_owned()));
    let mut total = Weight::default();
    for name in &files {
        let weight = weigh(&read(paths::staged_package().join(name))?)?;
        total = Weight {
            raw: total.raw + weight.raw,
            gzip: total.gzip + weight.gzip,
            brotli: total.brotli + weight.brotli,
        };
    }
    let label = if beside.is_empty() {
        file.to_owned()
    } else {
        format!("{file} + .wasm")
    };
    print(&label, total);
    Ok(total)
}

fn bundlers_note(name: &str) -> Result<Value> {
    let path = paths::build_files().join(name).with_extension("meta.json");
    let text =
        read_to_string(path).context("The package is not built. Run `cargo xtask build`.")?;
    Ok(serde_json::from_str(&text)?)
}

/// Adds the chunks that `file` imports, recursively.
fn collect(note: &Value, file: &str, files: &mut BTreeSet<String>) -> Result<()> {
    let outputs = note["outputs"]
        .as_object()
        .context("the bundler's note lists no files")?;
    let (_, output) = outputs
        .iter()
        .find(|(path, _)| path.ends_with(&format!("npm/{file}")))
        .with_context(|| format!("the bundler made no {file}"))?;
    for import in output["imports"].as_array().into_iter().flatten() {
        let path = PathBuf::from(import["path"].as_str().unwrap_or_default());
        let chunk = path
            .iter()
            .skip_while(|part| *part != "dist")
            .collect::<PathBuf>();
        let chunk = chunk.to_string_lossy().into_owned();
        if !chunk.is_empty() && files.insert(chunk.clone()) {
            collect(note, &chunk, files)?;
        }
    }
    Ok(())
}

fn weigh(bytes: &[u8]) -> Result<Weight> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    let mut compressed = Vec::new();
    let mut brotli = brotli::CompressorWriter::new(&mut compressed, 4096, 11, 22);
    brotli.write_all(bytes)?;
    drop(brotli);
    Ok(Weight {
        raw: bytes.len(),
        gzip: gzip.finish()?.len(),
        brotli: compressed.len(),
    })
}
