//! `cargo xtask protocol`: writes the numbers and names that Rust and JavaScript share as TypeScript.

use std::fmt::Write;
use std::fs::write;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::template;

#[path = "../../../src/bindings/protocol.rs"]
mod definition;

use definition::{Entry, GROUPS, RESPONSE_HEADERS, SETTINGS};

/// Writes `pkg-template/src/protocol.ts`.
pub(crate) fn generate() -> Result<()> {
    let file = file();
    write(&file, typescript()).with_context(|| format!("cannot write {}", file.display()))
}

fn file() -> PathBuf {
    template().join("src/protocol.ts")
}

fn typescript() -> String {
    let mut text = String::from(
        "// The numbers, names and bit flags that Rust and JavaScript share.\n\
         // Generated from src/bindings/protocol.rs by `cargo xtask protocol`: change that file.\n",
    );
    for (title, entries) in GROUPS {
        let _ = write!(text, "\n// {title}\n\n");
        for entry in *entries {
            push_constant(&mut text, entry);
        }
    }
    text.push_str(
        "\n/** The response headers that the core reads, in the order of their numbers. */\n",
    );
    push_list(&mut text, "RESPONSE_HEADERS", &RESPONSE_HEADERS);
    text.push_str("\n/** The settings that the core reads, in their order. */\n");
    push_list(&mut text, "SETTINGS", SETTINGS);
    text
}

fn push_constant(text: &mut String, (name, number, description): &Entry) {
    let _ = writeln!(text, "/** {} */", description.trim());
    let _ = writeln!(text, "export const {name} = {number};");
}

/// Writes the list in the way in which the formatter of the repository breaks it.
fn push_list(text: &mut String, name: &str, items: &[&str]) {
    let quoted: Vec<String> = items.iter().map(|item| format!("'{item}'")).collect();
    let line = format!("export const {name} = [{}] as const;", quoted.join(", "));
    if line.len() <= 120 {
        let _ = writeln!(text, "{line}");
    } else {
        let _ = writeln!(
            text,
            "export const {name} = [\n  {},\n] as const;",
            quoted.join(",\n  ")
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{file, typescript};

    #[test]
    fn protocol_ts_is_up_to_date() {
        let found = std::fs::read_to_string(file()).unwrap_or_default();
        assert!(
            found == typescript(),
            "pkg-template/src/protocol.ts is out of date. Run `cargo xtask protocol`."
        );
    }
}
