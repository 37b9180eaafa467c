//! The WebAssembly as text inside a script.
//!
//! Base64 splits bytes into groups of six bits, so that repetitions in the module are no repetitions
//! in the text. Here the most frequent bytes are one character each, and the other bytes are two.
//! All characters are printable ASCII, and none has a meaning in a JavaScript string or in an HTML
//! script element. Saves 3,500 bytes against Base64.

use std::path::Path;

use anyhow::Result;

use super::template;
use crate::install::node_modules;
use crate::paths;
use crate::process::{command, run};

/// Returns the characters of the text. `pkg-template/src/wasm/inline-codec.ts` has the same list.
fn alphabet() -> Vec<u8> {
    let is_special = |c: &u8| b"\"'\\`$<".contains(c);
    (b' '..=b'~').filter(|c| !is_special(c)).collect()
}

/// The number of characters at the end of the alphabet that begin a pair.
const ESCAPES: usize = 2;

/// Returns a script that exports `text`, which holds both modules, `size`, the size of the first, and
/// `singles`, the byte of each character that is no escape. As Base64, the module of strings.wat would take
/// 230 bytes more.
pub(super) fn script(module: &[u8], strings: &[u8]) -> Result<String> {
    let both = [module, strings].concat();
    let singles = singles(&both);
    let spellings = spellings(&singles);
    let text: String = both
        .iter()
        .map(|byte| spellings[usize::from(*byte)].as_str())
        .collect();
    Ok(format!(
        "export const size = {};\nexport const singles = {singles:?};\nexport const text = \"{text}\";\n",
        module.len()
    ))
}

/// Assigns the most frequent bytes to the characters that are no escapes. A byte that is such a
/// character stands for itself, so that texts in the module repeat as in other sources.
fn singles(module: &[u8]) -> Vec<u8> {
    let characters = &alphabet()[..alphabet().len() - ESCAPES];
    let mut bytes: Vec<u8> = (0..=255).collect();
    bytes.sort_by_cached_key(|byte| usize::MAX - module.iter().filter(|b| *b == byte).count());
    bytes.truncate(characters.len());
    let mut others: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| !characters.contains(byte))
        .collect();
    others.sort_unstable();
    let mut others = others.into_iter();
    let byte_of = |c: &u8| {
        if bytes.contains(c) {
            Some(*c)
        } else {
            others.next()
        }
    };
    characters.iter().filter_map(byte_of).collect()
}

/// Returns the text of each byte: a character, or an escape and a character. The pairs stand for the
/// bytes without a character, in order.
fn spellings(singles: &[u8]) -> Vec<String> {
    let alphabet = alphabet();
    let mut spellings = vec![String::new(); 256];
    for (byte, c) in singles.iter().zip(&alphabet) {
        spellings[usize::from(*byte)].push(char::from(*c));
    }
    let escapes = &alphabet[singles.len()..];
    let pairs = escapes
        .iter()
        .flat_map(|escape| alphabet.iter().map(|c| [*escape, *c]));
    let others = spellings.iter_mut().filter(|spelling| spelling.is_empty());
    for (spelling, pair) in others.zip(pairs) {
        spelling.extend(pair.map(char::from));
    }
    spellings
}

/// Decodes the script in Node, and compares the result with both modules.
pub(super) fn check(script: &Path, modules: [&Path; 2]) -> Result<()> {
    const COMPARE: &str = "
        const [, decoder, script, ...modules] = process.argv;
        const { decode } = await import(decoder);
        const { singles, text } = await import(script);
        const { readFileSync } = await import('node:fs');
        const expected = Buffer.concat(modules.map((module) => readFileSync(module)));
        if (!expected.equals(decode(singles, text))) throw new Error('the text is not the modules');
        if (!/^[ -~]*$/.test(text) || /[\"'\\\\\\\\`$<]/.test(text)) throw new Error('the text is not safe');
    ";
    let decoder = script.with_file_name("inline-codec.js");
    let mut build = node_modules::program(&template(), "esbuild");
    build.arg(template().join("src/wasm/inline-codec.ts"));
    run(build
        .arg("--log-level=warning")
        .arg(format!("--outfile={}", decoder.display())))?;
    let mut node = command("node", paths::root());
    node.args(["--input-type=module", "--eval", COMPARE, "--"]);
    run(node.arg(decoder).arg(script).args(modules))
}
