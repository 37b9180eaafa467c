//! Finds the files that had the tailed name since the last look. Two rotations between two looks would
//! otherwise hide the file in between.

use std::path::{Path, PathBuf};

/// Watches the folder of the tailed file. Without inotify, which only Linux has, it finds nothing.
#[derive(Default)]
pub(super) struct NameHistory {
    #[cfg(target_os = "linux")]
    watch: Option<linux::Watch>,
}

impl NameHistory {
    /// Returns the present paths of the files that had the name of `path` since the last call, oldest
    /// first. The file that has the name now is not among them.
    pub(super) fn earlier_files(&mut self, path: &Path) -> Vec<PathBuf> {
        #[cfg(target_os = "linux")]
        {
            // The folder may not exist yet, and the system may have no inotify instance left.
            if self.watch.is_none() {
                self.watch = linux::Watch::new(path).ok();
            }
            let found = self.watch.as_mut().map(linux::Watch::take);
            let Some(Ok(names)) = found else {
                self.watch = None;
                return Vec::new();
            };
            names.iter().map(|name| path.with_file_name(name)).collect()
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = path;
            Vec::new()
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::{OsStr, OsString};
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
    use rustix::io::Errno;

    /// Bytes of events per read. An event has at most 272 bytes.
    const BUFFER: usize = 16 * 1024;

    /// The events of one folder.
    pub(super) struct Watch {
        inotify: OwnedFd,
        history: Renames,
    }

    impl Watch {
        pub(super) fn new(path: &Path) -> io::Result<Self> {
            let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            let inotify = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
            let flags = WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVE;
            add_watch(&inotify, folder, flags | WatchFlags::ONLYDIR)?;
            Ok(Self {
                inotify,
                history: Renames::new(name),
            })
        }

        /// Reads all events. Returns an error when the folder is gone.
        pub(super) fn take(&mut self) -> io::Result<Vec<OsString>> {
            let mut buffer = [MaybeUninit::uninit(); BUFFER];
            let mut events = Reader::new(&self.inotify, &mut buffer);
            loop {
                let event = match events.next() {
                    Err(Errno::WOULDBLOCK) => return Ok(self.history.take()),
                    event => event?,
                };
                let name = event
                    .file_name()
                    .map(|name| OsStr::from_bytes(name.to_bytes()));
                let kind = event.events();
                let Some(name) = name else {
                    if kind.contains(ReadFlags::IGNORED) {
                        return Err(io::ErrorKind::NotFound.into());
                    }
                    continue;
                };
                if kind.contains(ReadFlags::CREATE) {
                    self.history.create(name);
                } else if kind.contains(ReadFlags::DELETE) {
                    self.history.remove(name);
                } else if kind.contains(ReadFlags::MOVED_FROM) {
                    self.history.move_from(name, event.cookie());
                } else if kind.contains(ReadFlags::MOVED_TO) {
                    self.history.move_to(name, event.cookie());
                }
            }
        }
    }

    /// A file that has or had the watched name.
    struct Holder {
        name: OsString,
        /// The cookie of a move whose second half has not been read yet.
        moving: Option<u32>,
    }

    /// The files that had one name, in the order in which they got it.
    pub(super) struct Renames {
        name: OsString,
        holders: Vec<Holder>,
    }

    impl Renames {
        pub(super) fn new(name: &OsStr) -> Self {
            let mut renames = Self {
                name: name.to_owned(),
                holders: Vec::new(),
            };
            // The file that has the name already. If there is none, no event mentions it.
            renames.create(name);
            renames
        }

        pub(super) fn create(&mut self, name: &OsStr) {
            self.remove(name);
            if name == self.name {
                self.holders.push(Holder {
                    name: name.to_owned(),
                    moving: None,
                });
            }
        }

        pub(super) fn remove(&mut self, name: &OsStr) {
            self.holders
                .retain(|holder| holder.moving.is_some() || holder.name != name);
        }

        pub(super) fn move_from(&mut self, name: &OsStr, cookie: u32) {
            for holder in &mut self.holders {
                if holder.moving.is_none() && holder.name == name {
                    holder.moving = Some(cookie);
                }
            }
        }

        pub(super) fn move_to(&mut self, name: &OsStr, cookie: u32) {
            let is_moving = |holder: &Holder| holder.moving == Some(cookie);
            // A file that had the new name is overwritten.
            self.remove(name);
            match self.holders.iter_mut().find(|holder| is_moving(holder)) {
                Some(holder) => {
                    holder.name = name.to_owned();
                    holder.moving = None;
                }
                None => self.create(name),
            }
        }

        /// Returns the names of the earlier files, and forgets them.
        pub(super) fn take(&mut self) -> Vec<OsString> {
            // A file whose move has no second half has left the folder.
            let holders = std::mem::take(&mut self.holders).into_iter();
            let (now, earlier): (Vec<_>, Vec<_>) = holders
                .filter(|holder| holder.moving.is_none())
                .partition(|holder| holder.name == self.name);
            self.holders = now;
            earlier.into_iter().map(|holder| holder.name).collect()
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// Renames a file, as inotify reports it.
        fn rename(renames: &mut Renames, from: &str, to: &str, cookie: u32) {
            renames.move_from(OsStr::new(from), cookie);
            renames.move_to(OsStr::new(to), cookie);
        }

        #[test]
        fn files_are_found_under_their_present_names() {
            let log = OsStr::new("log");
            let mut renames = Renames::new(log);
            rename(&mut renames, "log", "log.1", 1);
            renames.create(log);
            rename(&mut renames, "log.1", "log.2", 2);
            rename(&mut renames, "log", "log.1", 3);
            renames.create(log);
            assert_eq!(renames.take(), ["log.2", "log.1"]);
            assert!(renames.take().is_empty());
        }

        #[test]
        fn files_that_were_deleted_overwritten_or_moved_away_are_not_found() {
            let log = OsStr::new("log");
            let mut renames = Renames::new(log);
            rename(&mut renames, "new", "log", 1);
            rename(&mut renames, "log", "log.1", 2);
            renames.create(log);
            renames.remove(OsStr::new("log.1"));
            renames.move_from(log, 3);
            renames.create(log);
            rename(&mut renames, "log", "log.1", 4);
            renames.create(OsStr::new("log.1.gz"));
            assert_eq!(renames.take(), ["log.1"]);
        }
    }
}
