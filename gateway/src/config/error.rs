//! What is wrong with a configuration, for the person who wrote it.

use std::fmt;
use std::path::{Path, PathBuf};

use figment::error::Kind;

use super::Override;

/// Why a configuration cannot be used. Names file or variable, key, and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{}: cannot be read", file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error("{}: is not TOML: {detail}", file.display())]
    Syntax { file: PathBuf, detail: String },
    #[error("{place}: {key}: {fault}")]
    Key { place: Place, key: String, fault: String },
    #[error("{}: {}: is open to others (mode {mode:03o}); expected 600 or stricter", key, file.display())]
    Exposed { key: String, file: PathBuf, mode: u32 },
    #[error("{}: {}: is empty", key, file.display())]
    Empty { key: String, file: PathBuf },
    #[error("{}: {}: cannot be read", key, file.display())]
    Missing { key: String, file: PathBuf, source: std::io::Error },
}

/// Where a key got its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    File(PathBuf),
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
        }
    }
}

impl Place {
    /// The variable that set this key, or a part of it, or else the file.
    fn of(key: &str, file: &Path, overrides: &[Override]) -> Self {
        overrides
            .iter()
            .find(|o| o.key == key)
            .map_or_else(|| Self::File(file.to_path_buf()), |o| Self::Variable(o.variable.clone()))
    }
}

/// A value of the right type that makes no sense.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) key: String,
    /// `found …, expected …`; for secrets, what was expected alone.
    pub(super) fault: String,
}

impl Fault {
    pub(super) fn at(self, file: &Path, overrides: &[Override]) -> ConfigError {
        ConfigError::Key { place: Place::of(&self.key, file, overrides), key: self.key, fault: self.fault }
    }
}

impl ConfigError {
    pub(super) fn from_figment(file: &Path, overrides: &[Override], error: &figment::Error) -> Self {
        let mut path = error.path.clone();
        let fault = match &error.kind {
            Kind::Message(detail) if path.is_empty() => {
                return Self::Syntax { file: file.to_path_buf(), detail: detail.trim_end().to_owned() };
            }
            Kind::Message(detail) => detail.clone(),
            Kind::MissingField(name) => {
                path.push(name.to_string());
                "is missing".to_owned()
            }
            Kind::UnknownField(name, known) => {
                if path.last() != Some(name) {
                    path.push(name.clone());
                }
                format!("is not a key here; expected one of {}", known.join(", "))
            }
            Kind::UnknownVariant(found, known) => {
                format!("found `{found}`, expected one of {}", known.join(", "))
            }
            Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
                format!("found {found}, expected {expected}")
            }
            other => other.to_string(),
        };
        let key = path.join(".");
        Self::Key { place: Place::of(&key, file, overrides), key, fault }
    }
}
