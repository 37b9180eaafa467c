//! The WebAssembly as text inside a script, in a form that compresses.
//!
//! Base64 cuts bytes into pieces of six bits, so that no compressor recognises a repetition any
//! more: it makes the download a third larger. Here each byte is one or two whole characters,
//! all printable ASCII and none that a string literal has to escape. Bytes are first shifted by
//! an offset, the one that leaves the fewest bytes for two characters.
//!
//! `pkg-template/src/wasm/inline.js` reads it.

/// The first character; what follows is in the order of ASCII, up to `~`, without the backslash.
const FIRST: u8 = b'#';
const BACKSLASH: u8 = b'\\';
/// How many characters there are.
const CHARACTERS: u8 = b'~' - FIRST;
/// Values below stand for themselves; the characters from here on announce a second one.
const SINGLE: u8 = CHARACTERS - 2;

/// A script that exports `text`, `offset` and `length`.
pub(super) fn script(module: &[u8]) -> String {
    let offset = best_offset(module);
    let text = text(module, offset);
    format!(
        "export const text = \"{text}\", offset = {offset}, length = {};\n",
        module.len()
    )
}

/// The offset under which most bytes take one character.
fn best_offset(module: &[u8]) -> u8 {
    let mut counts = [0_usize; 256];
    for byte in module {
        counts[usize::from(*byte)] += 1;
    }
    let singles = |offset: u8| -> usize {
        (0..SINGLE)
            .map(|value| counts[usize::from(value.wrapping_add(offset))])
            .sum()
    };
    (0..=u8::MAX)
        .max_by_key(|offset| singles(*offset))
        .unwrap_or(0)
}

fn text(module: &[u8], offset: u8) -> String {
    let mut text = String::with_capacity(module.len() * 5 / 4);
    for byte in module {
        let value = byte.wrapping_sub(offset);
        match value.checked_sub(SINGLE) {
            None => text.push(character(value)),
            Some(rest) => {
                text.push(character(SINGLE + rest / CHARACTERS));
                text.push(character(rest % CHARACTERS));
            }
        }
    }
    text
}

fn character(index: u8) -> char {
    let code = FIRST + index;
    char::from(if code < BACKSLASH { code } else { code + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `inline.js` does, said once more.
    fn decoded(text: &str, offset: u8) -> Vec<u8> {
        let mut indices = text
            .bytes()
            .map(|code| code - FIRST - u8::from(code > BACKSLASH));
        let mut bytes = Vec::new();
        while let Some(mut value) = indices.next() {
            if value >= SINGLE {
                value = SINGLE + (value - SINGLE) * CHARACTERS + indices.next().unwrap();
            }
            bytes.push(value.wrapping_add(offset));
        }
        bytes
    }

    #[test]
    fn every_byte_survives_under_every_offset() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        for offset in 0..=u8::MAX {
            assert_eq!(
                decoded(&text(&bytes, offset), offset),
                bytes,
                "offset {offset}"
            );
        }
    }

    #[test]
    fn nothing_needs_an_escape() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let text = text(&bytes, 0);
        assert!(
            text.bytes()
                .all(|code| code.is_ascii_graphic() && code != b'"' && code != b'\\')
        );
    }

    #[test]
    fn frequent_bytes_take_one_character() {
        let module = [200; 1000];
        assert_eq!(text(&module, best_offset(&module)).len(), module.len());
    }
}
