//! The optimiser's short names for the imports and exports of the module, put into the glue.
//!
//! Saves 350 bytes: the original names end in hashes, which do not compress.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The start of an expression of the glue that uses an export of the module.
const EXPORTS: &str = "wasm.";

/// The module that the imports come from.
const MODULE: &str = "./authenticated_event_source_bg.js";

/// Replaces the names that `table` lists. A row ends with a name and its short name. A name that is
/// missing from the glue is an error, because the module would not find its imports.
pub(super) fn shorten(glue: &str, table: &str) -> Result<String> {
    let table: Value = serde_json::from_str(table).context("the optimiser printed no table")?;
    let imports = rows(&table["imports"])?;
    let exports = rows(&table["exports"])?.into_iter().collect();
    let glue = shorten_imports(glue, &imports)?;
    let mut glue = shorten_exports(&glue, &exports)?;
    let memory = exports.get("memory");
    let memory = memory.context("the module exports no memory")?;
    glue += &format!("\nexport function memory() {{ return wasm.{memory}; }}\n");
    Ok(glue)
}

fn rows(list: &Value) -> Result<Vec<(&str, &str)>> {
    let rows = list.as_array().context("the table lists no names")?;
    let pairs: Option<_> = rows.iter().map(row).collect();
    pairs.context("a row of the table is no list of names")
}

fn row(row: &Value) -> Option<(&str, &str)> {
    match row.as_array()?.as_slice() {
        [.., name, short] => Some((name.as_str()?, short.as_str()?)),
        _ => None,
    }
}

/// Replaces the names of the imports: members of one object, which is a member under the module's name.
fn shorten_imports(glue: &str, imports: &[(&str, &str)]) -> Result<String> {
    let mut short = replace_once(glue, MODULE, "a")?;
    for (name, short_name) in imports {
        short = replace_once(&short, &format!("{name}: "), &format!("{short_name}: "))?;
    }
    Ok(short)
}

pub(super) fn replace_once(text: &str, from: &str, to: &str) -> Result<String> {
    let places = text.matches(from).count();
    ensure!(places == 1, "the glue has `{from}` in {places} places");
    Ok(text.replace(from, to))
}

fn shorten_exports(glue: &str, names: &BTreeMap<&str, &str>) -> Result<String> {
    let mut parts = glue.split(EXPORTS);
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'));
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        let short_name = names.get(name);
        let short_name = short_name.with_context(|| format!("the module exports no `{name}`"))?;
        short += EXPORTS;
        short += short_name;
        short += rest;
    }
    Ok(short)
}
