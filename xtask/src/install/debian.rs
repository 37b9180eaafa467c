//! Browsers and servers from Debian's packages.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::{command, run};
use crate::{paths, progress::step};

/// A program, and the Debian package that contains it.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    name: &'static str,
    package: &'static str,
}

impl Program {
    const fn of(name: &'static str, package: &'static str) -> Self {
        Self { name, package }
    }
}

pub(crate) const CHROMIUM: Program = Program::of("chromium", "chromium");
pub(crate) const CHROMEDRIVER: Program = Program::of("chromedriver", "chromium-driver");
pub(crate) const REDIS: Program = Program::of("redis-server", "redis-server");
pub(crate) const NGINX: Program = Program::of("nginx", "nginx");

/// Makes the certificate of an HTTPS page.
pub(crate) const OPENSSL: Program = Program::of("openssl", "openssl");

// Proxies for the tests of the server, besides nginx.
pub(crate) const HAPROXY: Program = Program::of("haproxy", "haproxy");
pub(crate) const CADDY: Program = Program::of("caddy", "caddy");

/// Changes the clock that a program reads.
pub(crate) const FAKETIME: Program = Program::of("faketime", "faketime");

/// libFuzzer is compiled with every fuzz target.
pub(crate) const CXX: Program = Program::of("c++", "g++");

// The engines besides Chromium. WebKitGTK's browser is not on PATH, and needs a virtual screen.
pub(crate) const FIREFOX: Program = Program::of("firefox-esr", "firefox-esr");
pub(crate) const WEBKIT_DRIVER: Program = Program::of("WebKitWebDriver", "webkit2gtk-driver");
pub(crate) const XVFB: Program = Program::of("Xvfb", "xvfb");
pub(crate) const XAUTH: Program = Program::of("xauth", "xauth");

/// Installs a module of nginx for comparisons. It is no program, so the check looks for its file.
pub(crate) fn nchan() -> Result<()> {
    const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
    if Path::new(MODULE).exists() {
        return Ok(());
    }
    install(&["nginx module nchan"], &["libnginx-mod-nchan"])
}

/// Installs the missing programs, or fails with a list of them.
pub(crate) fn programs(wanted: &[Program]) -> Result<()> {
    let missing: Vec<_> = wanted
        .iter()
        .filter(|program| find(program.name).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().map(|program| program.package).collect();
    let names: Vec<_> = missing.iter().map(|program| program.name).collect();
    install(&names, &packages)
}

fn install(names: &[&str], packages: &[&str]) -> Result<()> {
    if !may_install() {
        bail!(
            "install {} (on Debian: apt-get install {}) and run this again",
            names.join(", "),
            packages.join(" ")
        );
    }
    step(
        &format!("installing Debian's {}", packages.join(", ")),
        || {
            // A new machine has no list of packages yet.
            apt_get("install", packages)
                .or_else(|_| apt_get("update", &[]).and_then(|()| apt_get("install", packages)))
        },
    )
}

fn apt_get(verb: &str, packages: &[&str]) -> Result<()> {
    let mut apt = command("apt-get", paths::root());
    apt.args(["-qq", "-y", "--no-install-recommends", verb])
        .args(packages);
    // The tests start their own servers on free ports, so the packages must not start services.
    run(apt
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("RUNLEVEL", "1"))
}

fn may_install() -> bool {
    rustix::process::geteuid().is_root()
        && Path::new("/etc/debian_version").exists()
        && find("apt-get").is_some()
}

/// Returns the first program of this name on PATH or in the folder of Debian's servers.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from(paths::SERVERS)]);
    folders
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// Returns the path of WebKitGTK's small browser, which is part of its library package.
pub(crate) fn mini_browser() -> Result<PathBuf> {
    let machine = std::env::consts::ARCH;
    let folder = PathBuf::from(format!("/usr/lib/{machine}-linux-gnu"));
    let versions = ["webkitgtk-6.0", "webkit2gtk-4.1", "webkit2gtk-4.0"];
    versions
        .map(|version| folder.join(version).join("MiniBrowser"))
        .into_iter()
        .find(|program| program.is_file())
        .context("WebKitGTK brings no MiniBrowser (on Debian it is in libwebkit2gtk-4.1-0)")
}
