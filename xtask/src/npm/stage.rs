//! The files of the package beside its code: types, texts, package.json.

use std::fs::{copy, create_dir_all, read_dir, read_to_string, write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{repository, template};
use crate::install::node_modules;
use crate::paths::{VERSION, root, staged_package};
use crate::process::run;

/// Fields of package.json that only the build of the package needs.
const OURS_ALONE: [&str; 4] = ["devDependencies", "scripts", "private", "imports"];

pub(super) fn files() -> Result<()> {
    let staged = staged_package();
    declarations(&staged)?;
    create_dir_all(staged.join("docs"))?;
    for text in texts()? {
        let place = text.strip_prefix(root())?;
        copy(&text, staged.join(place))
            .with_context(|| format!("{} is missing", text.display()))?;
    }
    copy(template().join("README.md"), staged.join("README.md"))
        .context("pkg-template/README.md is missing")?;
    manifest(&staged)
}

/// Lists the texts from the root of the repository that the package contains, because its README links them.
pub(super) fn texts() -> Result<Vec<PathBuf>> {
    let mut texts = vec![
        root().join("CHANGELOG.md"),
        root().join("LICENSE-APACHE"),
        root().join("LICENSE-MIT"),
    ];
    for entry in read_dir(root().join("docs"))? {
        let path = entry?.path();
        // The pictures beside the texts are for the README of the repository.
        if path.is_file() {
            texts.push(path);
        }
    }
    texts.sort();
    Ok(texts)
}

/// Emits the declarations beside the code that they describe, for ES modules and again for CommonJS:
/// TypeScript distinguishes the two by the nearest package.json.
fn declarations(staged: &Path) -> Result<()> {
    let dist = staged.join("dist");
    let mut emit = node_modules::program(&template(), "rollup");
    emit.args(["--config", "--silent", "--dir"]).arg(&dist);
    run(emit.current_dir(template()))?;
    for entry in read_dir(&dist)? {
        let name = entry?.file_name();
        if name.to_string_lossy().ends_with(".d.ts") {
            copy(dist.join(&name), dist.join("cjs").join(&name))?;
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
    if let Some(address) = repository()? {
        let address = address.trim_end_matches(".git");
        let repository = json!({ "type": "git", "url": format!("git+{address}.git") });
        fields.insert("repository".into(), repository);
        fields.insert("homepage".into(), format!("{address}#readme").into());
    }
    entry_folders(staged, &fields["exports"])?;
    write_json(&staged.join("package.json"), &manifest)
}

/// Creates a folder for each entry, for tools that do not read `exports`: Parcel by default, and the
/// old module resolution of TypeScript.
fn entry_folders(staged: &Path, exports: &Value) -> Result<()> {
    for (entry, conditions) in exports
        .as_object()
        .context("package.json exports nothing")?
    {
        // The entry `.` needs no folder, and an entry that is a plain path is no module.
        let (Some(name), true) = (entry.strip_prefix("./"), conditions.is_object()) else {
            continue;
        };
        let import = conditions.get("import").unwrap_or(conditions);
        let required = conditions.get("require").unwrap_or(import);
        let manifest_of_entry = json!({
            "main": beside(&required["default"]),
            "module": beside(&import["default"]),
            "types": beside(&import["types"]),
        });
        create_dir_all(staged.join(name))?;
        write_json(&staged.join(name).join("package.json"), &manifest_of_entry)?;
    }
    Ok(())
}

fn beside(path: &Value) -> String {
    path.as_str().unwrap_or_default().replacen("./", "../", 1)
}

fn write_json(path: &Path, value: &Value) -> Result<()> {
    Ok(write(path, format!("{value:#}\n"))?)
}
