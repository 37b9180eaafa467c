//! The size of each entry: raw, gzipped, and under Brotli, which browsers download.

use std::collections::BTreeSet;
use std::fs::{read, read_to_string};
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;

use crate::paths;

/// The largest allowed size of the default entry with the inlined module, in bytes under Brotli. The
/// target is 26 KiB. The entry has missed it since it gained the token, message and position rules.
const BUDGET: usize = 28 * 1024 + 512;

/// The same for the entry `./parser`. The target is 10 KiB.
const PARSER_BUDGET: usize = 10 * 1024 + 512;

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
    let default = entry(ENTRIES[0])?;
    let parser = entry(ENTRIES[1])?;
    for listed in &ENTRIES[2..] {
        entry(*listed)?;
    }
    check("the default entry", default, BUDGET)?;
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
    println!(
        "{label:<28}{:>10}{:>10}{:>10}",
        total.raw, total.gzip, total.brotli
    );
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
