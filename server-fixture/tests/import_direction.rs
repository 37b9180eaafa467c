//! Checks that the imports of the server point downwards: from the life of a server to its settings.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "this is how a test fails"
)]

use std::path::{Path, PathBuf};

/// The modules from top to bottom. A module imports only its own files and lower layers. The fault
/// server is above `util` only, because it shares nothing else with the reference server.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["lib"],
    &["app::server"],
    &["app::background"],
    &["app"],
    &["http"],
    &["feeds", "demo"],
    &["sse"],
    &["state"],
    &["event_log", "auth", "limits"],
    &["cluster"],
    &["redis", "metrics"],
    &["config"],
    &["encode"],
    &["fault_server"],
    &["stderr_log"],
    &["util"],
];

/// Returns the layer of a module, and its entry in the table. The longest entry that matches counts.
fn layer(path: &str) -> (usize, &'static str) {
    let is_in = |module: &&str| {
        let rest = path.strip_prefix(*module);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let entries = LAYERS.iter().enumerate();
    entries
        .flat_map(|(layer, modules)| modules.iter().map(move |module| (layer, *module)))
        .filter(|(_, module)| is_in(module))
        .max_by_key(|(_, module)| module.len())
        .unwrap_or_else(|| panic!("{path} is not in the table. Add it to its layer."))
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

/// Returns the paths after `prefix` in `code`. A list in braces counts as several paths.
fn paths_after(code: &str, prefix: &str) -> Vec<String> {
    let end_of_path = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        text[..end.unwrap_or(text.len())]
            .trim_end_matches(':')
            .to_owned()
    };
    let paths = code.split(prefix).skip(1);
    let paths = paths.flat_map(|rest| match rest.strip_prefix('{') {
        Some(list) => list[..list.find('}').unwrap()]
            .split(',')
            .map(|path| end_of_path(path.trim()))
            .collect(),
        None => vec![end_of_path(rest)],
    });
    paths.filter(|path| !path.is_empty()).collect()
}

/// Returns all modules that a file imports, as paths from the root of the crate.
fn imports(module: &str, code: &str) -> Vec<String> {
    let parent = module.rsplit_once("::").map(|(parent, _)| parent);
    let siblings = parent.into_iter().flat_map(|parent| {
        let paths = paths_after(code, "use super::").into_iter();
        paths.map(move |path| format!("{parent}::{path}"))
    });
    siblings.chain(paths_after(code, "crate::")).collect()
}

#[test]
fn imports_point_to_lower_layers() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut count = 0;
    for file in rust_files(&source)
        .iter()
        .filter(|file| file.extension().unwrap() == "rs")
    {
        let path = file.strip_prefix(&source).unwrap().with_extension("");
        let path = path.to_str().unwrap().replace('/', "::");
        let text = std::fs::read_to_string(file).unwrap();
        let lines = text.lines().map(str::trim_start);
        let code: String = lines.filter(|line| !line.starts_with("//")).collect();
        let module = path.trim_end_matches("::mod");
        let (own_layer, own) = layer(module);
        for import in imports(module, &code) {
            let (imported_layer, imported) = layer(&import);
            let is_lower = own_layer < imported_layer && imported != "fault_server";
            let is_allowed = own == imported || is_lower;
            assert!(is_allowed, "{module} must not import {import}");
            count += 1;
        }
    }
    assert!(count > 200, "only {count} imports were found");
}
