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

/// So many characters stand for no byte: each begins a pair.
const ESCAPES: usize = 2;

/// A module that exports `text`, and `singles`: four bytes to a hexadecimal digit, a bit for each that is one character.
pub(super) fn script(module: &[u8]) -> Result<String> {
    let is_single = frequent(module);
    let spellings = spellings(&is_single);
    let mut text = String::new();
    for byte in module {
        text += &spellings[usize::from(*byte)];
    }
    let mut singles = String::new();
    for bits in is_single.chunks(4) {
        let digit = bits
            .iter()
            .rev()
            .fold(0, |digit, bit| digit << 1 | u8::from(*bit));
        write!(singles, "{digit:x}")?;
    }
    Ok(format!(
        "export const singles = \"{singles}\";\nexport const text = \"{text}\";\n"
    ))
}

/// Which bytes are frequent enough for a character of their own.
fn frequent(module: &[u8]) -> [bool; 256] {
    let mut bytes: Vec<u8> = (0..=255).collect();
    bytes.sort_by_cached_key(|byte| usize::MAX - module.iter().filter(|b| *b == byte).count());
    let mut is_frequent = [false; 256];
    for byte in &bytes[..alphabet().len() - ESCAPES] {
        is_frequent[usize::from(*byte)] = true;
    }
    is_frequent
}

/// How each byte is written. A single one that is in the alphabet stands for itself, so that the texts in the module stay
/// texts; the other single ones take the characters that are left, in order. The last of these begin
/// the pairs, which count the other bytes.
fn spellings(is_single: &[bool; 256]) -> Vec<String> {
    let alphabet = alphabet();
    let is_itself = |byte: &u8| is_single[usize::from(*byte)] && alphabet.contains(byte);
    let mut left = alphabet.iter().filter(|c| !is_itself(c));
    let mut spellings: Vec<_> = (0..=255)
        .map(
            |byte| match (is_itself(&byte), is_single[usize::from(byte)]) {
                (true, _) => Some(byte),
                (_, true) => left.next().copied(),
                _ => None,
            },
        )
        .map(|c| c.map(|c| char::from(c).to_string()))
        .collect();
    let mut pairs = left.flat_map(|escape| alphabet.iter().map(|c| [*escape, *c]));
    for spelling in spellings.iter_mut().filter(|spelling| spelling.is_none()) {
        *spelling = pairs
            .next()
            .map(|pair| pair.map(char::from).iter().collect());
    }
    spellings.into_iter().flatten().collect()
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
