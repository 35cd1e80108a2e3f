//! Where the `negiz` program is.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

/// The program under test: `NEGIZ_BIN`, or the one cargo built beside this test.
///
/// # Panics
/// When there is none, or when it is older than the sources: a test of yesterday's program proves nothing.
#[must_use]
pub fn negiz() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| match std::env::var_os("NEGIZ_BIN") {
        Some(path) => PathBuf::from(path),
        None => built(),
    })
}

fn built() -> PathBuf {
    let test = std::env::current_exe().expect("the test has a path");
    let profile = test.parent().and_then(Path::parent).expect("target/<profile>/deps/<test>");
    let program = profile.join("negiz");
    let made = modified(&program).expect("there is no negiz here; run: cargo build --bin negiz");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    for part in ["certs/src", "policy/src", "evidence/src", "gateway/src", "migrations"] {
        let newest = newest(&root.join(part));
        assert!(newest <= made, "negiz is older than {part}; run: cargo build --bin negiz");
    }
    program
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

fn newest(directory: &Path) -> SystemTime {
    let entries = std::fs::read_dir(directory).expect("sources").flatten();
    let times = entries.map(|entry| match entry.path() {
        path if path.is_dir() => newest(&path),
        path => modified(&path).unwrap_or(SystemTime::UNIX_EPOCH),
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}
