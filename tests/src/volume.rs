//! A small disk of a test's own, to be filled up.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Mounts it, and takes it away when the test's end of the standard input closes. Only root can.
const SCRIPT: &str = r#"
directory=$(mktemp -d /tmp/negiz-volume.XXXXXX)
trap 'umount -l "$directory" 2>/dev/null; rmdir "$directory"' EXIT
mount -t tmpfs -o "size=$1,mode=1777" negiz-test "$directory" || exit 1
echo "ready $directory"
cat >/dev/null
"#;

/// A disk in memory, of a fixed size.
#[derive(Debug)]
pub struct Volume {
    /// Where it is mounted.
    pub path: PathBuf,
    keeper: Child,
}

impl Volume {
    /// A disk of so many mebibytes.
    ///
    /// # Errors
    /// Why there is none: mounting takes root.
    pub fn of(mebibytes: u32) -> Result<Self, String> {
        let mut keeper = Command::new("sh")
            .args(["-c", SCRIPT, "sh", &format!("{mebibytes}m")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut said = String::new();
        let output = keeper.stdout.take().ok_or("no output")?;
        BufReader::new(output).read_line(&mut said).map_err(|error| error.to_string())?;
        match said.trim().strip_prefix("ready ") {
            Some(path) => Ok(Self { path: path.into(), keeper }),
            None => Err("a disk cannot be mounted here: it takes root".to_owned()),
        }
    }

    fn ballast(&self) -> PathBuf {
        self.path.join("ballast")
    }

    /// Leaves no byte free.
    ///
    /// # Panics
    /// When the disk takes without end.
    pub fn fill(&self) {
        let mut file =
            std::fs::OpenOptions::new().create(true).append(true).open(self.ballast()).expect("a file");
        for size in [1 << 16, 1 << 12, 1] {
            let block = vec![0; size];
            while file.write_all(&block).is_ok() {}
        }
    }

    /// Gives the space back.
    ///
    /// # Panics
    /// When it was not filled.
    pub fn free(&self) {
        std::fs::remove_file(self.ballast()).expect("it was filled");
    }

    /// A directory on it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
