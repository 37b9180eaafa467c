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
use crate::house;
use crate::process::{command, run};

/// The characters; `pkg-template/src/wasm/text.js` knows them too.
fn alphabet() -> Vec<u8> {
    let is_special = |c: &u8| b"\"'\\`$<".contains(c);
    (b' '..=b'~').filter(|c| !is_special(c)).collect()
}

/// The last characters of the alphabet each begin a pair.
const ESCAPES: usize = 2;

/// A module that exports `text`, and `singles`: for each character that stands alone, its byte.
pub(super) fn script(module: &[u8]) -> Result<String> {
    let singles = singles(module);
    let spellings = spellings(&singles);
    let mut text = String::new();
    for byte in module {
        text += &spellings[usize::from(*byte)];
    }
    let mut table = String::new();
    for byte in singles {
        write!(table, "{byte:02x}")?;
    }
    Ok(format!(
        "export const singles = \"{table}\";\nexport const text = \"{text}\";\n"
    ))
}

/// The byte that each single character stands for: the most frequent bytes, and of these the
/// printable ones for themselves, so that the texts in the module stay texts.
fn singles(module: &[u8]) -> Vec<u8> {
    let alphabet = alphabet();
    let characters = &alphabet[..alphabet.len() - ESCAPES];
    let mut bytes: Vec<u8> = (0..=255).collect();
    bytes.sort_by_cached_key(|byte| usize::MAX - module.iter().filter(|b| *b == byte).count());
    bytes.truncate(characters.len());
    let mut others = bytes.iter().filter(|byte| !characters.contains(byte));
    let own = characters
        .iter()
        .map(|c| bytes.iter().find(|byte| *byte == c));
    own.filter_map(|byte| byte.or_else(|| others.next()))
        .copied()
        .collect()
}

/// How each byte is written: one character, or a pair that counts the other bytes.
fn spellings(singles: &[u8]) -> Vec<String> {
    let alphabet = alphabet();
    let mut pairs = alphabet[singles.len()..]
        .iter()
        .flat_map(|escape| alphabet.iter().map(move |c| [*escape, *c]));
    (0..=255)
        .map(
            |byte| match singles.iter().position(|single| *single == byte) {
                Some(place) => char::from(alphabet[place]).to_string(),
                None => pairs.next().into_iter().flatten().map(char::from).collect(),
            },
        )
        .collect()
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
    let decoder = template().join("src/wasm/text.js");
    let mut node = command("node", house::root());
    node.args(["--input-type=module", "--eval", COMPARE, "--"]);
    run(node.arg(decoder).arg(script).arg(module))
}
