//! What the glue does for nobody who uses this package, left out.

use anyhow::{Context, Result, ensure};

use super::names::replace_once;

/// What the glue needs to start. Its own ways cope with callers of long ago.
const START: &str = "
export function start(module) {
  wasm = new WebAssembly.Instance(module, __wbg_get_imports()).exports;
}
";

/// How lines begin that do what nobody needs: let `using` dispose of classes that no caller of the
/// package ever sees, fill the table of references, of which none crosses the boundary, try out the
/// decoder, and count what it was given.
const NEEDLESS: [&str; 6] = [
    "if (Symbol.dispose) ",
    TABLE,
    "table.set(",
    "cachedTextDecoder.decode();",
    "let numBytesDecoded",
    "numBytesDecoded ",
];

/// How the glue names the table of references.
const TABLE: &str = "const table = ";

/// How the glue frees what was collected without `free()`. Whoever has a `Core` frees it.
const FINALIZATION: &str = "CoreFinalization";

/// Questions of the glue whose answers are known: each engine with SIMD has `encodeInto`, the
/// module has `realloc`, and it gives the glue the texts of failures, not the two gigabytes of them
/// after which one engine's decoder is spent.
const ANSWERS: [(&str, &str); 3] = [
    ("'encodeInto' in cachedTextEncoder", "true"),
    ("realloc === undefined", "false"),
    ("numBytesDecoded >= MAX_SAFARI_DECODE_BYTES", "false"),
];

/// Adds a start of ours, so that the bundler leaves out what only the others need.
pub(super) fn trim(glue: &str) -> Result<String> {
    let imports = "function __wbg_get_imports()";
    ensure!(glue.contains(imports), "the glue has no `{imports}`");
    let begins = |line: &str, start: &str| line.trim_start().starts_with(start);
    for start in NEEDLESS {
        let is_there = glue.lines().any(|line| begins(line, start));
        ensure!(is_there, "no line of the glue begins with `{start}`");
    }
    let uses = format!("{FINALIZATION}.");
    let is_needed =
        |line: &&str| !line.contains(&uses) && !NEEDLESS.iter().any(|start| begins(line, start));
    let table = value_of(glue, TABLE)?.to_owned();
    let lines = glue.lines().filter(is_needed);
    let glue = lines.collect::<Vec<_>>().join("\n");
    let mut glue = without_statement(&glue, &format!("const {FINALIZATION} "))? + START;
    for (question, answer) in ANSWERS {
        glue = replace_once(&glue, question, answer)?;
    }
    // Whoever reads it would find it empty.
    let is_used = glue.contains(&format!("{table}."));
    ensure!(!is_used, "references cross the boundary");
    Ok(glue)
}

/// What the glue calls so.
fn value_of<'a>(glue: &'a str, start: &str) -> Result<&'a str> {
    let named = glue
        .split_once(start)
        .and_then(|(_, rest)| rest.split_once(';'));
    let (value, _) = named.with_context(|| format!("the glue has no `{start}`"))?;
    Ok(value)
}

/// Leaves out the statement that starts so.
fn without_statement(glue: &str, start: &str) -> Result<String> {
    let (before, statement) = glue
        .split_once(start)
        .with_context(|| format!("the glue has no `{start}`"))?;
    let (_, after) = statement
        .split_once(";\n")
        .context("a statement of the glue has no end")?;
    Ok(format!("{before}{after}"))
}
