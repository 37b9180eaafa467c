//! The files of the package that no tool makes: types, texts, package.json.

use std::fs::{copy, read_dir, read_to_string, write};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::template;
use crate::house::{VERSION, root, staged_package};

/// What only those need who build the package.
const OURS_ALONE: [&str; 4] = ["devDependencies", "scripts", "private", "imports"];

pub(super) fn files() -> Result<()> {
    let staged = staged_package();
    declarations(&staged)?;
    for text in ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"] {
        copy(root().join(text), staged.join(text)).with_context(|| format!("{text} is missing"))?;
    }
    copy(template().join("README.md"), staged.join("README.md"))
        .context("pkg-template/README.md is missing")?;
    manifest(&staged)
}

/// The declarations go beside the code that they describe, once as those of ES modules and once as
/// those of CommonJS: TypeScript tells the two by the nearest package.json.
fn declarations(staged: &Path) -> Result<()> {
    for entry in read_dir(template().join("types"))? {
        let entry = entry?;
        for folder in ["dist", "dist/cjs"] {
            copy(entry.path(), staged.join(folder).join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn manifest(staged: &Path) -> Result<()> {
    let mut manifest: Value =
        serde_json::from_str(&read_to_string(template().join("package.json"))?)?;
    let fields = manifest
        .as_object_mut()
        .context("pkg-template/package.json is no object")?;
    fields.retain(|name, _| !OURS_ALONE.contains(&name.as_str()));
    fields.insert("version".into(), VERSION.into());
    Ok(write(
        staged.join("package.json"),
        format!("{manifest:#}\n"),
    )?)
}
