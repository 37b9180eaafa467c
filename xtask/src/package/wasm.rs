//! Rust → WebAssembly → JavaScript glue and a module as small as it gets.

use std::fs::{create_dir_all, read, write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use wasm_bindgen_cli_support::Bindgen;
use wasm_encoder::{CustomSection, Section};

use super::{glue::trim, inlined, names, panics};
use crate::house;
use crate::process::{cargo, command, output, run};

const TARGET: &str = "wasm32-unknown-unknown";
const NAME: &str = "authenticated_event_source";

/// The glue that `#bindings` stands for.
pub(super) fn glue() -> PathBuf {
    bound().join(format!("{NAME}.js"))
}

/// The optimised module.
pub(super) fn module() -> PathBuf {
    bound().join(format!("{NAME}.wasm"))
}

/// The module as a script that `#bindings.text` stands for.
pub(super) fn text() -> PathBuf {
    bound().join("text.js")
}

fn bound() -> PathBuf {
    house::workshop().join("bindings")
}

/// Compiles the crate as the npm package needs it, and returns the module.
///
/// The crate itself is an `rlib` only, since a `cdylib` would be linked again in every application
/// that depends on it; so the kind of library is named here. A build folder of its own keeps the
/// flags below from rebuilding what the tests have built.
pub(super) fn compile() -> Result<PathBuf> {
    let folder = house::workshop().join("wasm");
    let mut build = cargo();
    build.args([
        "rustc",
        "--package",
        "authenticated-event-source",
        "--lib",
        "--crate-type",
        "cdylib",
    ]);
    build
        .args([
            "--profile",
            "npm",
            "--features",
            "npm",
            "--target",
            TARGET,
            "--target-dir",
        ])
        .arg(&folder);
    run(build.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags()))?;
    Ok(folder.join(TARGET).join("npm").join(format!("{NAME}.wasm")))
}

fn flags() -> String {
    let mut flags = String::from("-C target-feature=+simd128 --cfg npm_module");
    // Panic messages hold paths of sources; a published file shall not tell where it was built.
    let homes = [(house::root(), "/source"), (cargo_home(), "/cargo")];
    for (home, name) in homes {
        flags += &format!(" --remap-path-prefix={}={name}", home.display());
    }
    flags
}

fn cargo_home() -> PathBuf {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .unwrap_or_else(|| PathBuf::from("/cargo"))
}

/// Writes the glue and the optimised module.
pub(super) fn bind(compiled: &Path) -> Result<()> {
    create_dir_all(bound())?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).out_name(NAME).web(true)?;
    // Without a default path no bundler meets a `new URL(…, import.meta.url)` in the glue.
    bindgen
        .omit_default_module_path(true)
        .typescript(false)
        .remove_producers_section(true);
    let mut bound = bindgen.generate_output()?;
    let unoptimised = compiled.with_extension("bound.wasm");
    let mut bytes = bound.wasm_mut().emit_wasm();
    panics::blank(&mut bytes)?;
    write(&unoptimised, bytes)?;
    let short_names = optimise(&unoptimised)?;
    write(glue(), trim(&names::shorten(bound.js(), &short_names)?)?)?;
    add_strings()?;
    write(text(), inlined::script(&read(module())?)?)?;
    inlined::check(&text(), &module())
}

/// Appends the module that makes strings as a custom section, which engines without its types pass
/// over. `pkg-template/src/text-reader.js` looks for it by this name.
fn add_strings() -> Result<()> {
    let assembled = bound().join("strings.wasm");
    let source = super::template().join("src/wasm/strings.wat");
    run(binaryen("wasm-as")
        .args(["--enable-gc", "--enable-reference-types"])
        .arg(source)
        .arg("--output")
        .arg(&assembled))?;
    let strings = CustomSection {
        name: "strings".into(),
        data: read(assembled)?.into(),
    };
    let mut bytes = read(module())?;
    strings.append_to(&mut bytes);
    Ok(write(module(), bytes)?)
}

fn binaryen(tool: &str) -> Command {
    let mut program = command("node", house::root());
    program.arg(
        super::template()
            .join("node_modules/binaryen/bin")
            .join(tool),
    );
    program
}

/// Returns the table of the names that it made short.
fn optimise(module_with_names: &Path) -> Result<String> {
    let mut optimiser = binaryen("wasm-opt");
    optimiser.args([
        // What the first round leaves, the second makes smaller.
        "-Oz",
        "-Oz",
        // The linker puts the stack first: there are no data below 1 KB.
        "--low-memory-unused",
        "--strip-debug",
        "--strip-producers",
        "--strip-target-features",
        "--minify-imports-and-exports-and-modules",
    ]);
    let short_names = output(
        optimiser
            .arg(module_with_names)
            .arg("--output")
            .arg(module()),
    )?;
    // An empty module would be a valid one; it would also be a package that does nothing.
    ensure!(
        read(module())?.len() > 1000,
        "the optimised WebAssembly is empty"
    );
    Ok(short_names)
}
