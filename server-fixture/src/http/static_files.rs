//! The files of `--static`. No request reads a dotfile or a file outside of the folder.

use std::io;
use std::path::{Component, Path, PathBuf};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::fs::canonicalize;
use tower_http::services::ServeDir;
use tower_http::services::fs::{Backend, DefaultServeDirFallback, TokioBackend, TokioFile};

/// Returns the service for the files of `folder`.
pub(super) fn static_files(folder: &Path) -> ServeDir<DefaultServeDirFallback, Contained> {
    // `ServeDir` passes on this folder with the requested path behind it.
    let base = Path::new(".").join(folder);
    ServeDir::with_backend(folder, Contained(base))
}

/// Opens only regular files inside of its folder. A symbolic link may point to such a file.
#[derive(Clone)]
pub(super) struct Contained(PathBuf);

impl Contained {
    /// Returns the path without symbolic links. A path that cannot be resolved, for example through
    /// a loop of links, is not found.
    async fn resolve(self, path: PathBuf) -> io::Result<PathBuf> {
        let resolved = self.try_resolve(&path).await;
        resolved.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    async fn try_resolve(&self, path: &Path) -> Option<PathBuf> {
        let requested = path.strip_prefix(&self.0).ok()?;
        let folder = canonicalize(&self.0).await.ok()?;
        let resolved = canonicalize(path).await.ok()?;
        let inside = resolved.strip_prefix(&folder).ok()?;
        let kind = tokio::fs::metadata(&resolved).await.ok()?.file_type();
        // Opening a pipe would wait for a writer.
        let is_allowed = kind.is_file() || kind.is_dir();
        (is_allowed && !is_hidden(requested) && !is_hidden(inside)).then_some(resolved)
    }
}

/// Returns whether a name of the path begins with a dot.
fn is_hidden(path: &Path) -> bool {
    path.components().any(|component| match component {
        Component::Normal(name) => name.as_encoded_bytes().starts_with(b"."),
        _ => false,
    })
}

impl Backend for Contained {
    type File = TokioFile;
    type Metadata = std::fs::Metadata;
    type OpenFuture = BoxFuture<'static, io::Result<TokioFile>>;
    type MetadataFuture = BoxFuture<'static, io::Result<std::fs::Metadata>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let resolved = self.clone().resolve(path);
        async move { TokioBackend.open(resolved.await?).await }.boxed()
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        let resolved = self.clone().resolve(path);
        async move { TokioBackend.metadata(resolved.await?).await }.boxed()
    }
}
