//! Checks that the `crate::` imports of the server point downwards: from the life of a server to its
//! settings and metrics. The table below defines the direction.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

use std::path::{Path, PathBuf};

/// A module or folder, and the modules that it may import besides its own. The longest name that
/// matches counts.
const MAY_IMPORT: &[(&str, &str)] = &[
    ("main", ""),
    ("lib", ""),
    ("app", ""),
    (
        "app::server",
        "app auth config demo event_log http limits metrics util",
    ),
    ("app::background", "cluster demo feeds"),
    ("app::storage", "cluster config demo event_log"),
    ("app::accept", "config"),
    ("app::connection_slots", "util"),
    ("app::write_timeout", ""),
    ("app::state", "auth cluster config event_log limits metrics"),
    (
        "http",
        "app::state app::accept auth cluster config demo event_log feeds limits sse util",
    ),
    ("feeds", "app::state cluster event_log redis util"),
    (
        "sse",
        "app::state auth demo::commands event_log limits util",
    ),
    ("sse::encode", ""),
    ("demo", "app::state cluster event_log"),
    ("demo::fault", ""),
    ("event_log", "redis sse::encode util"),
    ("event_log::epoch", ""),
    ("auth", "util"),
    ("limits", "cluster metrics"),
    ("cluster", "demo::fault redis util"),
    ("redis", ""),
    ("config", "util"),
    ("metrics", ""),
    ("util", ""),
    ("fault_server", "util"),
];

fn is_in(path: &str, module: &str) -> bool {
    let rest = path.strip_prefix(module);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Returns the row of a module in the table.
fn row(path: &str) -> (&'static str, &'static str) {
    let rows = MAY_IMPORT.iter().filter(|(module, _)| is_in(path, module));
    let row = rows.max_by_key(|(module, _)| module.len());
    *row.unwrap_or_else(|| panic!("{path} is not in the table. Add its direction."))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| match path.is_dir() {
        true => rust_files(&path),
        false => vec![path],
    });
    files.collect()
}

#[test]
fn imports_follow_the_direction_table() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut imports = 0;
    for file in rust_files(&source)
        .iter()
        .filter(|file| file.extension().unwrap() == "rs")
    {
        let path = file.strip_prefix(&source).unwrap().with_extension("");
        let path = path.to_str().unwrap().replace('/', "::");
        let (module, allowed) = row(path.trim_end_matches("::mod"));
        let text = std::fs::read_to_string(file).unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for import in code.flat_map(|line| line.split("crate::").skip(1)) {
            let end = import.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
            let import = &import[..end.unwrap_or(import.len())];
            let is_own =
                is_in(import, module.split("::").next().unwrap()) && !module.contains("::");
            let is_allowed = allowed.split(' ').any(|allowed| is_in(import, allowed));
            assert!(is_own || is_allowed, "{path} must not import {import}");
            imports += 1;
        }
    }
    assert!(imports > 100, "only {imports} imports were found");
}
