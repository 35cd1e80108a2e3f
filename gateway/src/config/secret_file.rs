//! Files that hold keys: read only if nobody else can read them.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::ConfigError;

/// More than any key file needs; a wrong path to a huge file must not fill the memory.
const MAX: u64 = 1024 * 1024;

/// The bytes of a key file. `key` is the configuration key that names it, for the error.
///
/// # Errors
/// If the file is missing, empty, or open to the group or to others.
pub fn read(key: &str, file: &Path) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
    let missing = |source| ConfigError::Missing { key: key.to_owned(), file: file.to_path_buf(), source };
    let mut opened = File::open(file).map_err(missing)?;
    // The mode of what was opened, not of what the path names by now.
    let metadata = opened.metadata().map_err(missing)?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(ConfigError::Exposed { key: key.to_owned(), file: file.to_path_buf(), mode });
    }
    // Room for all of it at once: growing would leave copies of the key behind in freed memory.
    let room = usize::try_from(metadata.len().min(MAX)).unwrap_or(0).saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    opened.by_ref().take(MAX).read_to_end(&mut bytes).map_err(missing)?;
    if bytes.is_empty() {
        return Err(ConfigError::Empty { key: key.to_owned(), file: file.to_path_buf() });
    }
    Ok(bytes)
}
