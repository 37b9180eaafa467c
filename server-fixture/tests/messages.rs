//! Checks every text in the Rust sources that a user or an operator may read as an error: it states what
//! happened and what to do, and contains no value of a header or a token.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

use std::path::{Path, PathBuf};

/// Files whose texts are content: the presets of the fault server, the help of metrics, events. The
/// parts of the messages in `failure.rs` are joined, and have a test of their own.
const CONTENT: [&str; 7] = [
    "src/bindings/",
    "src/connection/failure.rs",
    "server-fixture/src/fault_server/presets/",
    "server-fixture/src/fault_server/response_head.rs",
    "server-fixture/src/metrics.rs",
    "server-fixture/src/sse/",
    "server-fixture/src/feeds/",
];

/// Existing clients compare these texts, so they must not change.
const FIXED: [&str; 4] = [
    "Token required",
    "Invalid token",
    "Too many connections",
    "Task not found",
];

/// Parts of messages. [`LogError`](server_fixture::event_log) adds the advice.
const PARTS: [&str; 3] = [
    "Redis: {0}",
    "Check the free space and the permissions of the disk",
    "Redis returned the invalid id {id:?}",
];

/// The expressions that a message may contain. None is the value of a header or a token.
const SAFE: [&str; 10] = [
    "0",
    "MIN_SECRET",
    "path",
    "id:?",
    "limit",
    "cause",
    "status",
    "problem",
    "seconds",
    "sources",
];

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap();
    let files = entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| match path.is_dir() {
            true => rust_files(&path),
            false => vec![path],
        });
    files.collect()
}

/// Returns the string literals of a file with the code before each, up to the statement before. Skips
/// comments and unit tests.
fn literals(text: &str) -> Vec<(String, String)> {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let lines = text.lines().map(str::trim);
    let code: String = lines.filter(|line| !line.starts_with("//")).collect();
    // A backslash at the end of a line joins the lines.
    let code = code.replace("\\\"", "'");
    let parts: Vec<&str> = code.split('"').collect();
    let pairs = parts.chunks_exact(2).scan(String::new(), |before, pair| {
        let (code, literal) = (pair[0], pair[1].replace(" \\", " "));
        before.push_str(code);
        let begin = before.rfind([';', '}']).map_or(0, |at| at + 1);
        Some((before[begin..].to_owned(), literal))
    });
    pairs.collect()
}

fn is_text(literal: &str) -> bool {
    literal.starts_with(|c: char| c.is_ascii_uppercase() || c == '`') && literal.contains(' ')
}

fn has_advice(message: &str) -> bool {
    let sentences: Vec<&str> = message.split(". ").collect();
    let is_begin = |c: char| c.is_uppercase() || matches!(c, '`' | '{');
    sentences.len() >= 2
        && sentences
            .iter()
            .all(|sentence| sentence.starts_with(is_begin))
}

fn expressions(message: &str) -> impl Iterator<Item = &str> {
    let parts = message.split('{').skip(1);
    parts.filter_map(|part| part.split('}').next())
}

#[test]
fn every_message_states_what_happened_and_what_to_do_and_no_secret() {
    let server = Path::new(env!("CARGO_MANIFEST_DIR"));
    let repository = server.parent().unwrap();
    let folders = [server.join("src"), repository.join("src")];
    let mut count = 0;
    let mut wrong = Vec::new();
    for file in folders.iter().flat_map(|folder| rust_files(folder)) {
        let name = file.strip_prefix(repository).unwrap().to_str().unwrap();
        if CONTENT.iter().any(|content| name.starts_with(content)) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for (before, message) in literals(&text) {
            // The log of the server may state an event without an advice. Lints have reasons.
            if !is_text(&message) || before.contains("tracing::") || before.ends_with("reason = ") {
                continue;
            }
            count += 1;
            let is_known = FIXED.contains(&&*message) || PARTS.contains(&&*message);
            let is_safe = expressions(&message).all(|expression| SAFE.contains(&expression));
            if !is_safe || (!is_known && !has_advice(&message)) {
                wrong.push(format!("{name}: {message}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 40, "only {count} messages were found");
}
