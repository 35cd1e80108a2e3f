//! Authorities from a folder, or those that are shipped.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use certs::anchors::{AnchorError, Anchors, is_certificate, read_certificates};
use certs::path::Certificate;

/// Why there is nobody to trust.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderError {
    #[error("cannot read {}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the authorities in {} are not taken", path.display())]
    Refused { path: PathBuf, source: AnchorError },
    #[error("the authorities shipped with this program are not whole")]
    Shipped(#[source] AnchorError),
}

/// Authorities to trust, and certificates of others that stood beside them: looked at where a message carries none, not trusted.
pub(super) struct Folder {
    pub(super) anchors: Anchors,
    pub(super) known: Vec<Arc<Certificate>>,
}

impl Folder {
    /// The authorities in `folder` (or in one file), or the national ones that are shipped.
    pub(super) fn read(folder: Option<&Path>) -> Result<Self, FolderError> {
        let Some(folder) = folder else {
            let anchors = Anchors::national().map_err(FolderError::Shipped)?;
            return Ok(Self { anchors, known: Vec::new() });
        };
        let files = files(folder).map_err(|source| unreadable(folder, source))?;
        let mut authorities = Vec::new();
        let mut known = Vec::new();
        let listed = files.iter().any(|(name, _)| name == "manifest.json");
        for (name, content) in &files {
            // A manifest says what belongs to the set; without one, certificates of persons may lie beside those of authorities.
            match others(name, content) {
                Some(others) if !listed => known.extend(others),
                _ => authorities.push((name.as_str(), content.as_slice())),
            }
        }
        let refused = |source| FolderError::Refused { path: folder.to_path_buf(), source };
        Ok(Self { anchors: Anchors::from_files(authorities).map_err(refused)?, known })
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> FolderError {
    FolderError::Unreadable { path: path.to_path_buf(), source }
}

/// The certificates in a file that holds only such as are no authorities'.
fn others(name: &str, content: &[u8]) -> Option<Vec<Arc<Certificate>>> {
    let certificates = is_certificate(content).then(|| read_certificates(name, content).ok())??;
    certificates.iter().all(|certificate| !certificate.is_authority()).then_some(certificates)
}

fn files(path: &Path) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    if path.is_file() {
        return Ok(vec![(path.display().to_string(), std::fs::read(path)?)]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_file() {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            files.push((name, std::fs::read(&path)?));
        }
    }
    // The order of a folder is nobody's choice; that of an opinion's reasons should not hang on it.
    files.sort();
    Ok(files)
}
