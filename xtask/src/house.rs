//! Where things are.

use std::fs::{File, create_dir_all};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use rustix::fs::{FlockOperation, flock};

/// The version that crate and package share.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The name of the crate, and of the package.
pub(crate) const CRATE: &str = "authenticated-event-source";

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    // Cargo sets this at run time to the folder of this checkout's xtask; the one compiled in
    // would be wrong in a build folder that two checkouts share.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or(xtask.clone(), PathBuf::from)
}

/// What the steps leave for each other and for the next run.
pub(crate) fn workshop() -> PathBuf {
    root().join("target/xtask")
}

/// Does the work while no other run in this checkout does any under the same name.
pub(crate) fn alone<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    create_dir_all(workshop())?;
    let lock = File::create(workshop().join(name).with_extension("lock"))?;
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        eprintln!("waiting for another run of cargo xtask in this checkout ({name})");
        flock(&lock, FlockOperation::LockExclusive)?;
    }
    work()
}

/// The staged npm package, ready for `npm pack`.
pub(crate) fn staged_package() -> PathBuf {
    root().join("target/npm")
}

/// Tools that cannot come from a lock file live here, for all checkouts of this user.
pub(crate) fn tools() -> Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()) {
        Some(cache) => PathBuf::from(cache),
        None => std::env::home_dir()
            .context("neither XDG_CACHE_HOME nor HOME is set")?
            .join(".cache"),
    };
    ensure!(
        cache.is_absolute(),
        "XDG_CACHE_HOME must be an absolute path, it is {}",
        cache.display()
    );
    Ok(cache.join("authenticated-event-source/tools"))
}

/// Where Debian keeps servers, which the PATH of ordinary users leaves out.
pub(crate) const SERVERS: &str = "/usr/sbin";

/// `PATH` with our tools before everything else, and with servers.
pub(crate) fn path_with_tools() -> Result<std::ffi::OsString> {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(tools()?.join("bin"))
        .chain(std::env::split_paths(&inherited))
        .chain([PathBuf::from(SERVERS)]);
    std::env::join_paths(folders).context("a folder in PATH has a colon in its name")
}
