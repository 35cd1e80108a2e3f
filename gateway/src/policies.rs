//! Policy sets as operators keep them: a directory of rules, or the built-in rules with a matrix of one's own.

use std::path::{Path, PathBuf};

use policy::{File, MAX_FILE, MAX_FILES, PolicyError, PolicyFiles, ProofDemand};

use crate::config;

/// Why a policy set cannot be put in force.
#[derive(Debug, thiserror::Error)]
pub enum PoliciesError {
    #[error("policy: cannot read {}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("policy: {0}")]
    Policy(#[from] PolicyError),
}

/// Whether a set has to come with its record of proof.
#[must_use]
pub const fn demand(settings: &config::Policy) -> ProofDemand {
    if settings.require_proof { ProofDemand::Required } else { ProofDemand::Waived }
}

/// Reads the files of the set the configuration names, as they stand.
///
/// # Errors
/// [`PoliciesError`] for files that cannot be read, or that are not those of a set.
pub fn read_set(settings: &config::Policy) -> Result<PolicyFiles, PoliciesError> {
    let mut files = match &settings.directory {
        Some(directory) => PolicyFiles::sort(read_directory(directory)?)?,
        None => PolicyFiles::default_set(),
    };
    if let Some(matrix) = &settings.matrix {
        files = files.with_matrix(File::new("matrix.json", read(matrix)?));
    }
    if let Some(registries) = &settings.registries {
        files = files.with_registries(File::new("registries.json", read(registries)?));
    }
    Ok(files)
}

/// What is longer than any file of a set is not read at all.
fn read(path: &Path) -> Result<String, PoliciesError> {
    let unreadable = |source| PoliciesError::Unreadable { path: path.to_path_buf(), source };
    let found = usize::try_from(std::fs::metadata(path).map_err(unreadable)?.len()).unwrap_or(usize::MAX);
    if found > MAX_FILE {
        return Err(PolicyError::TooLong { file: name(path), found }.into());
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read_directory(directory: &Path) -> Result<Vec<File>, PoliciesError> {
    let unreadable = |source| PoliciesError::Unreadable { path: directory.to_path_buf(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() {
            if files.len() >= MAX_FILES {
                return Err(PolicyError::TooMany { found: files.len().saturating_add(1) }.into());
            }
            files.push(File::new(name(&path), read(&path)?));
        }
    }
    Ok(files)
}
