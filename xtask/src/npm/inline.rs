//! The WebAssembly as text inside a script.
//!
//! Base64 cuts bytes into pieces of six bits, so that what repeats in the module does not repeat in
//! the text, and compresses a third worse. Here each byte is one or two characters of its own, the
//! frequent ones one. All are printable ASCII, so that no page's encoding breaks them, and none has
//! a meaning in a JavaScript string or in an HTML script element.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;

use super::template;
use crate::install::node_modules;
use crate::paths;
use crate::process::{command, run};

/// The characters; `pkg-template/src/wasm/inline-codec.ts` knows them too.
fn alphabet() -> Vec<u8> {
    let is_special = |c: &u8| b"\"'\\`$<".contains(c);
    (b' '..=b'~').filter(|c| !is_special(c)).collect()
}

/// So many characters stand for no byte: each begins a pair.
const ESCAPES: usize = 2;

/// A module that exports `text`, and `singles`: four bytes to a hexadecimal digit, a bit for each that is one character.
pub(super) fn script(module: &[u8]) -> Result<String> {
    let frequent = frequent(module);
    let spellings = spellings(&frequent);
    let mut text = String::new();
    for byte in module {
        text += &spellings[usize::from(*byte)];
    }
    let mut singles = String::new();
    for first in (0..=255).step_by(4) {
        let bit = |place: u8| u8::from(frequent.contains(&(first + place))) << place;
        write!(singles, "{:x}", (0..4).map(bit).sum::<u8>())?;
    }
    Ok(format!(
        "export const singles = \"{singles}\";\nexport const text = \"{text}\";\n"
    ))
}

/// The bytes that are frequent enough for a character of their own, in their order.
fn frequent(module: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..=255).collect();
    bytes.sort_by_cached_key(|byte| usize::MAX - module.iter().filter(|b| *b == byte).count());
    bytes.truncate(alphabet().len() - ESCAPES);
    bytes.sort_unstable();
    bytes
}

/// How each byte is written. A frequent one that is in the alphabet stands for itself, so that the texts in the module stay
/// texts; the other frequent ones take the characters that are left, in order. The last of these begin
/// the pairs, which count the other bytes.
fn spellings(frequent: &[u8]) -> Vec<String> {
    let alphabet = alphabet();
    let mut left = alphabet.iter().filter(|c| !frequent.contains(c));
    let mut spellings = vec![String::new(); 256];
    for byte in frequent {
        let is_itself = alphabet.contains(byte);
        let c = if is_itself { Some(byte) } else { left.next() };
        spellings[usize::from(*byte)].extend(c.map(|c| char::from(*c)));
    }
    let pairs = left.flat_map(|escape| alphabet.iter().map(|c| [*escape, *c]));
    let others = spellings.iter_mut().filter(|spelling| spelling.is_empty());
    for (spelling, pair) in others.zip(pairs) {
        spelling.extend(pair.map(char::from));
    }
    spellings
}

/// Decodes the script as browsers will, and compares.
pub(super) fn check(script: &Path, module: &Path) -> Result<()> {
    const COMPARE: &str = "
        const [, decoder, script, module] = process.argv;
        const { decode } = await import(decoder);
        const { singles, text } = await import(script);
        const expected = (await import('node:fs')).readFileSync(module);
        if (!expected.equals(decode(singles, text))) throw new Error('the text is not the module');
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
    run(node.arg(decoder).arg(script).arg(module))
}
