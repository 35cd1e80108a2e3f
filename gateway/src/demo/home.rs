//! The demonstration's directory: what an earlier run made is taken up again, what is missing is made.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Why the directory cannot be used. Each says in one line what to do.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    #[error("cannot write to {}: {reason}", path.display())]
    Unwritable { path: PathBuf, reason: io::ErrorKind },
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: io::ErrorKind },
    #[error("{} is in use by another demo; stop it or choose another --dir", path.display())]
    InUse { path: PathBuf },
}

/// The directory, locked for this process until it is dropped.
#[derive(Debug)]
pub struct Home {
    root: PathBuf,
    _lock: File,
}

impl Home {
    /// Creates the directory if need be and locks it.
    ///
    /// # Errors
    /// When it cannot be written, or another demo holds it.
    pub fn open(root: &Path) -> Result<Self, HomeError> {
        fs::create_dir_all(root).map_err(|error| unwritable(root, &error))?;
        let root = root.canonicalize().map_err(|error| unwritable(root, &error))?;
        let lock = root.join(".lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&lock);
        let file = file.map_err(|error| unwritable(&root, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { root, _lock: file }),
            Err(fs::TryLockError::WouldBlock) => Err(HomeError::InUse { path: root }),
            Err(fs::TryLockError::Error(error)) => Err(unwritable(&lock, &error)),
        }
    }

    /// The directory's absolute path.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The absolute path of a file in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Whether an earlier run made this file.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.path(name).is_file()
    }

    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, HomeError> {
        let path = self.path(name);
        fs::read(&path).map_err(|error| HomeError::Unreadable { path, reason: error.kind() })
    }

    /// # Errors
    /// As [`Self::read`]; also when it is not text.
    pub fn read_text(&self, name: &str) -> Result<String, HomeError> {
        let reason = io::ErrorKind::InvalidData;
        String::from_utf8(self.read(name)?).map_err(|_| HomeError::Unreadable { path: self.path(name), reason })
    }

    /// Writes a file whole or not at all, readable by everyone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<(), HomeError> {
        self.put(name, content.as_ref(), 0o644)
    }

    /// As [`Self::write`], readable by the owner alone.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_secret(&self, name: &str, content: impl AsRef<[u8]>) -> Result<(), HomeError> {
        self.put(name, content.as_ref(), 0o600)
    }

    // A rename is atomic: a demo killed while writing leaves the old file or the new one, never half of one.
    fn put(&self, name: &str, content: &[u8], mode: u32) -> Result<(), HomeError> {
        let path = self.path(name);
        let failed = |error: io::Error| unwritable(&path, &error);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        let fresh = path.with_extension("new");
        let mut file =
            OpenOptions::new().create(true).write(true).truncate(true).mode(mode).open(&fresh).map_err(failed)?;
        file.set_permissions(fs::Permissions::from_mode(mode)).map_err(failed)?;
        file.write_all(content).map_err(failed)?;
        fs::rename(&fresh, &path).map_err(failed)
    }
}

fn unwritable(path: &Path, error: &io::Error) -> HomeError {
    HomeError::Unwritable { path: path.to_path_buf(), reason: error.kind() }
}
