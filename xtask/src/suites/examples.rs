//! The examples: those for servers run on the host, and those for Rust frameworks run in Chromium.

use std::fs::{create_dir_all, remove_dir_all, write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use wasm_bindgen_cli_support::Bindgen;

use super::node_tests::node_tests;
use crate::fixture::{self, Fixture};
use crate::install::{self, debian, node_modules};
use crate::paths;
use crate::process::{cargo, run};
use crate::progress::step;
use crate::report::{CannotContinue, Report};

/// The example that runs on the host. It is a workspace of its own.
const ON_HOST: &str = "parser";
/// The examples that run in a browser, in the workspace `examples`.
const IN_BROWSER: [&str; 3] = ["leptos", "yew", "dioxus"];

const MANIFEST: [&str; 3] = ["--locked", "--manifest-path", "examples/Cargo.toml"];
const WASM: &str = "wasm32-unknown-unknown";

/// The page of an application. The policy of the server forbids scripts inside of it.
const PAGE: &str = "\
<!doctype html>
<html lang=\"en\">
  <head>
    <meta charset=\"utf-8\" />
    <title>Example</title>
    <script type=\"module\" src=\"start.js\"></script>
  </head>
  <body><div id=\"main\"></div></body>
</html>
";
const START: &str = "import start from './app.js';\nawait start();\n";

/// A filter is the name of one example.
pub(super) fn run_suite(report: &mut Report, filter: Option<&str>) -> Result<(), CannotContinue> {
    let server = report.check("fixture server", fixture::build_as_tested)?;
    if filter.is_none_or(|name| name == ON_HOST) {
        let _ = report.check("examples with reqwest and axum", || on_host(&server));
    }
    if filter == Some(ON_HOST) {
        return Ok(());
    }
    let apps = report.check("examples for Rust frameworks", || {
        install::wasm_target()?;
        run(cargo()
            .arg("test")
            .args(MANIFEST)
            .args(["--package", "example-session"]))?;
        build_apps(filter)
    })?;
    report.check("the examples in Chromium", || {
        debian::programs(&[debian::CHROMIUM])?;
        node_modules::packages(&paths::root().join("tests"))?;
        let variables = [
            ("FIXTURE_PROGRAM", &*server.to_string_lossy()),
            ("APPS", &*apps.to_string_lossy()),
        ];
        node_tests("tests/examples", &variables, filter)
    })
}

fn on_host(server: &Path) -> Result<()> {
    let arguments = ["--demo", "--port", "0", "--fault-port", "0"];
    let server = Fixture::start(server, &arguments, Some("examples.log"))?;
    let mut tests = cargo();
    tests.args(["test", "--locked"]);
    tests.args(["--manifest-path", "examples/parser/Cargo.toml"]);
    run(tests.env("FAULTS_URL", server.faults()))
}

/// Compiles the applications, and returns the folder with a page for each.
fn build_apps(filter: Option<&str>) -> Result<PathBuf> {
    let apps = paths::build_files().join("examples");
    let chosen = IN_BROWSER.into_iter();
    for name in chosen.filter(|name| filter.is_none_or(|filter| filter == *name)) {
        let mut build = cargo();
        build.arg("build").args(MANIFEST).args(["--target", WASM]);
        run(build.args(["--package", &format!("example-{name}")]))?;
        step(&format!("the page of {name}"), || {
            write_page(name, &apps.join(name))
        })?;
    }
    Ok(apps)
}

fn write_page(name: &str, folder: &Path) -> Result<()> {
    if folder.exists() {
        remove_dir_all(folder)?;
    }
    create_dir_all(folder)?;
    let module = format!("examples/target/{WASM}/debug/example-{name}.wasm");
    let mut bindgen = Bindgen::new();
    bindgen.input_path(paths::root().join(module)).web(true)?;
    bindgen.omit_default_module_path(false).out_name("app");
    bindgen.typescript(false).generate(folder)?;
    write(folder.join("index.html"), PAGE)?;
    Ok(write(folder.join("start.js"), START)?)
}
