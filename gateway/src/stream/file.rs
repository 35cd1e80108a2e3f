//! Events as lines of a file, put aside when it is full, taken up anew when somebody else put it aside.

use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::event::Event;
use super::sink::{SinkError, lines};

#[derive(Debug)]
pub(super) struct FileSink {
    path: PathBuf,
    rotate_bytes: u64,
    keep: u32,
    open: Option<File>,
}

impl FileSink {
    pub(super) fn new(path: PathBuf, rotate_bytes: u64, keep: u32) -> Self {
        Self { path, rotate_bytes, keep, open: None }
    }

    pub(super) fn close(&mut self) {
        self.open = None;
    }

    pub(super) async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        let written = self.write(events).await;
        written.map_err(|error| SinkError::Written(self.path.display().to_string(), error))
    }

    async fn write(&mut self, events: &[Event]) -> std::io::Result<()> {
        let mut file = self.take_up().await?;
        // One write, so that processes that share a file do not tear each other's lines.
        file.write_all(&lines(events)).await?;
        file.sync_data().await?;
        self.open = Some(file);
        Ok(())
    }

    async fn take_up(&mut self) -> std::io::Result<File> {
        let file = match self.open.take() {
            Some(file) if same(&file, &self.path).await => file,
            _ => open(&self.path).await?,
        };
        if file.metadata().await?.len() < self.rotate_bytes {
            return Ok(file);
        }
        self.put_aside().await?;
        open(&self.path).await
    }

    /// `file` becomes `file.1`, that `file.2`, and the oldest goes.
    async fn put_aside(&self) -> std::io::Result<()> {
        for number in (1..self.keep).rev() {
            let (from, to) = (self.numbered(number), self.numbered(number.saturating_add(1)));
            match tokio::fs::rename(from, to).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        match self.keep {
            0 => tokio::fs::remove_file(&self.path).await,
            _ => tokio::fs::rename(&self.path, self.numbered(1)).await,
        }
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    }
}

/// Officers' keys and request ids: for its owner and group.
async fn open(path: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true).mode(0o640);
    tokio::fs::OpenOptions::from(options).open(path).await
}

/// Whether the path still leads to this file.
async fn same(file: &File, path: &Path) -> bool {
    match (file.metadata().await, tokio::fs::metadata(path).await) {
        (Ok(open), Ok(there)) => open.dev() == there.dev() && open.ino() == there.ino(),
        _ => false,
    }
}
