//! What the glue does for nobody who uses this package, left out.

use anyhow::{Context, Result, ensure};

use super::names::replace_once;

/// What the glue needs to start. Its own ways cope with callers of long ago.
const START: &str = "
export function start(module) {
  __wbg_finalize_init(new WebAssembly.Instance(module, __wbg_get_imports()), module);
}
";

/// How the glue lets `using` dispose of its classes, which no caller of the package ever sees.
const DISPOSE: &str = "if (Symbol.dispose) ";

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
    for part in [
        "function __wbg_finalize_init(instance, module)",
        "function __wbg_get_imports()",
    ] {
        ensure!(glue.contains(part), "the glue has no `{part}`");
    }
    ensure!(glue.contains(DISPOSE), "the glue has no `{DISPOSE}`");
    let uses = format!("{FINALIZATION}.");
    let is_needed = |line: &&str| !line.starts_with(DISPOSE) && !line.contains(&uses);
    let lines = glue.lines().filter(is_needed);
    let glue = lines.collect::<Vec<_>>().join("\n");
    let mut glue = without_statement(&glue, &format!("const {FINALIZATION} "))? + START;
    for (question, answer) in ANSWERS {
        glue = replace_once(&glue, question, answer)?;
    }
    Ok(glue)
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
