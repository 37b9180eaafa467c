//! The fixture server as a program that runs until its handle is dropped.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{Running, cargo};
use crate::{paths, progress::step};

/// Compiles the server and returns its program.
pub(crate) fn build() -> Result<PathBuf> {
    let selection = ["--package", "server-fixture"];
    build_with("compiling the fixture server", &selection, SERVER)
}

/// Compiles the server with the same features of its dependencies as the tests on the host, so that
/// a run of all tests compiles them once. For that Cargo has to build any one test too.
pub(crate) fn build_as_tested() -> Result<PathBuf> {
    let one_test = ["--bin", "server-fixture", "--test", "event_stream"];
    let selection = [AS_TESTED.as_slice(), &one_test].concat();
    build_with("compiling the fixture server", &selection, SERVER)
}

/// Compiles the program of many native clients, with the same dependencies as the tests on the host.
pub(crate) fn build_swarm() -> Result<PathBuf> {
    let selection = [AS_TESTED.as_slice(), &["--example", "swarm"]].concat();
    build_with("compiling the native clients", &selection, SWARM)
}

/// Compiles the server and the native clients with optimisation, for measurements with thousands of
/// streams.
pub(crate) fn build_optimised() -> Result<(PathBuf, PathBuf)> {
    let selection = ["--package", "server-fixture", "--bin", "server-fixture"];
    let selection = [&selection, ["--release", "--example", "swarm"].as_slice()].concat();
    let server = build_with("compiling the fixture server", &selection, SERVER)?;
    let swarm = build_with("compiling the native clients", &selection, SWARM)?;
    Ok((server, swarm))
}

/// The kind and the name of a program in Cargo's messages.
type Target = (&'static str, &'static str);

const SERVER: Target = ("bin", "server-fixture");
const SWARM: Target = ("example", "swarm");

/// Selects the packages of the tests on the host.
///
/// It excludes this program. Otherwise Cargo would build the server with features that only this
/// program needs.
pub(crate) const AS_TESTED: [&str; 5] = [
    "--workspace",
    "--exclude",
    "xtask",
    "--features",
    "authenticated-event-source/serde",
];

fn build_with(what: &str, selection: &[&str], target: Target) -> Result<PathBuf> {
    step(what, || {
        let mut build = cargo();
        build
            .arg("build")
            .args(selection)
            .arg("--message-format=json-render-diagnostics");
        // Cargo prints its progress to the terminal, and its list of programs to this pipe.
        let mut building = Running::start(build.stdout(Stdio::piped()))?;
        let listing = building
            .child()
            .stdout
            .take()
            .context("cargo has no output")?;
        let lines = BufReader::new(listing).lines().map_while(Result::ok);
        let program = lines.filter_map(|line| program(&line, target)).last();
        if !building.wait()?.success() {
            bail!("{} does not compile", target.1);
        }
        program.with_context(|| format!("cargo names no program {}", target.1))
    })
}

/// Returns the path of the program, if the message of Cargo is about it.
fn program(message: &str, (kind, name): Target) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_it = message["target"]["kind"][0] == kind && message["target"]["name"] == name;
    is_it
        .then(|| message["executable"].as_str())?
        .map(PathBuf::from)
}

/// A server that listens. Dropping it ends the server gracefully.
pub(crate) struct Fixture {
    process: Running,
    url: String,
    faults: Option<String>,
}

impl Fixture {
    /// Starts the server and waits until it prints its address. Its log goes to the given file or to
    /// standard error.
    pub(crate) fn start(program: &Path, arguments: &[&str], log: Option<&str>) -> Result<Self> {
        let mut server = Command::new(program);
        server
            .current_dir(paths::root())
            .args(arguments)
            .stdout(Stdio::piped());
        if let Some(name) = log {
            server.stderr(File::create(paths::build_files().join(name))?);
        }
        let mut process = Running::start(&mut server)?;
        let output = process
            .child()
            .stdout
            .take()
            .context("the fixture server has no output")?;
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let url = lines
            .by_ref()
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
        let Some(url) = url else {
            bail!(
                "the fixture server ended before it listened ({})",
                process.wait()?
            );
        };
        let faults = match arguments.contains(&"--fault-port") {
            true => lines
                .by_ref()
                .find_map(|line| line.strip_prefix("faults on ").map(str::to_owned)),
            false => None,
        };
        // A full pipe would block the server.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self {
            process,
            url,
            faults,
        })
    }

    /// Returns the address of the server: scheme, host and port.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the address of the fault server. It is empty without a fault port.
    pub(crate) fn faults(&self) -> &str {
        self.faults.as_deref().unwrap_or_default()
    }

    /// Waits until the server ends.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        self.process.wait()
    }
}
