//! The folders of the repository and of this program.

use std::fs::{File, create_dir_all};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use rustix::fs::{FlockOperation, flock};

/// The version that the crate and the npm package share.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The name of the crate and of the npm package.
pub(crate) const CRATE: &str = "authenticated-event-source";

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    // Cargo sets this variable at run time to the `xtask` folder of this checkout. The value at
    // compile time is wrong in a build folder that two checkouts share.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or(xtask.clone(), PathBuf::from)
}

/// Returns the folder for files that one step leaves for another step or for the next run.
pub(crate) fn build_files() -> PathBuf {
    root().join("target/xtask")
}

/// Does the work while no other run in this checkout does work under the same name.
pub(crate) fn alone<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    create_dir_all(build_files())?;
    let lock = File::create(build_files().join(name).with_extension("lock"))?;
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        eprintln!("waiting for another run of cargo xtask in this checkout ({name})");
        flock(&lock, FlockOperation::LockExclusive)?;
    }
    work()
}

/// Returns the folder of the staged npm package, ready for `npm pack`.
pub(crate) fn staged_package() -> PathBuf {
    root().join("target/npm")
}

/// Returns the folder of the tools that no lock file can install. All checkouts of a user share it.
pub(crate) fn tools() -> Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()) {
        Some(cache) => PathBuf::from(cache),
        None => std::env::home_dir()
            .context("Neither XDG_CACHE_HOME nor HOME is set. Set one of them.")?
            .join(".cache"),
    };
    ensure!(
        cache.is_absolute(),
        "XDG_CACHE_HOME is the relative path {}. Set it to an absolute path.",
        cache.display()
    );
    Ok(cache.join("authenticated-event-source/tools"))
}

/// The folder of Debian's servers, which the PATH of ordinary users does not contain.
pub(crate) const SERVERS: &str = "/usr/sbin";

/// Returns `PATH` with the tools of this program first and with servers last.
pub(crate) fn path_with_tools() -> Result<std::ffi::OsString> {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(tools()?.join("bin"))
        .chain(std::env::split_paths(&inherited))
        .chain([PathBuf::from(SERVERS)]);
    std::env::join_paths(folders).context("A folder in PATH has a colon in its name. Rename it.")
}
