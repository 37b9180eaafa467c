//! Digests of files, which tell whether a result of an earlier run is still up to date.

use std::collections::hash_map::DefaultHasher;
use std::fs::{read, read_dir};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Returns a digest of the sources in `folder`, of the files `beside` it, and of this program, which
/// makes the result from them.
pub(crate) fn fingerprint(folder: &Path, beside: &[&Path]) -> Result<String> {
    let sources = sources(folder)?;
    let program = std::env::current_exe()?;
    let files = sources
        .iter()
        .map(PathBuf::as_path)
        .chain([program.as_path()]);
    digest(files.chain(beside.iter().copied()))
}

/// Returns a digest of the names and the contents of the files.
pub(crate) fn digest<'a>(files: impl IntoIterator<Item = &'a Path>) -> Result<String> {
    let mut digest = DefaultHasher::new();
    for file in files {
        file.hash(&mut digest);
        read(file)?.hash(&mut digest);
    }
    Ok(format!("{:016x}", digest.finish()))
}

/// Lists the files in a folder, except installed packages and build results.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true if ["node_modules", "dist", "generated"]
                .iter()
                .any(|name| path.ends_with(name)) => {}
            true => found.extend(sources(&path)?),
            false => found.push(path),
        }
    }
    found.sort();
    Ok(found)
}
