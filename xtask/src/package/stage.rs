//! The files of the package that no tool makes: types, texts, package.json.

use std::fs::{copy, create_dir_all, read_dir, read_to_string, write};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

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
    signposts(staged, &fields["exports"])?;
    write_json(&staged.join("package.json"), &manifest)
}

/// For each entry a folder of its name, which leads the tools to it that do not read `exports`:
/// Parcel by default, and TypeScript's old way of resolving.
fn signposts(staged: &Path, exports: &Value) -> Result<()> {
    for (entry, conditions) in exports
        .as_object()
        .context("package.json exports nothing")?
    {
        // The entry `.` needs none, and what is a plain path is no module.
        let (Some(name), true) = (entry.strip_prefix("./"), conditions.is_object()) else {
            continue;
        };
        let import = conditions.get("import").unwrap_or(conditions);
        let required = conditions.get("require").unwrap_or(import);
        let signpost = json!({
            "main": beside(&required["default"]),
            "module": beside(&import["default"]),
            "types": beside(&import["types"]),
        });
        create_dir_all(staged.join(name))?;
        write_json(&staged.join(name).join("package.json"), &signpost)?;
    }
    Ok(())
}

fn beside(path: &Value) -> String {
    path.as_str().unwrap_or_default().replacen("./", "../", 1)
}

fn write_json(path: &Path, value: &Value) -> Result<()> {
    Ok(write(path, format!("{value:#}\n"))?)
}
