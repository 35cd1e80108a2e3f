//! Where journal entries are sent as they happen.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::resolve;

/// One stream of journal entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// Names its place in the journal; another name begins anew.
    pub name: String,
    pub to: Target,
    /// Of a file: bytes after which it is put aside as `<file>.1`.
    #[serde(default = "Stream::default_rotate")]
    pub rotate_bytes: u64,
    /// Of a file: how many of those are kept.
    #[serde(default = "Stream::default_keep")]
    pub keep: u32,
}

impl Stream {
    const fn default_rotate() -> u64 {
        100 * 1024 * 1024
    }

    const fn default_keep() -> u32 {
        10
    }

    /// A stream into a file.
    #[must_use]
    pub fn file(name: &str, path: PathBuf) -> Self {
        let (rotate_bytes, keep) = (Self::default_rotate(), Self::default_keep());
        Self { name: name.to_owned(), to: Target::File(path), rotate_bytes, keep }
    }

    pub(super) fn resolve(&mut self, base: &Path) {
        if let Target::File(path) | Target::Unix(path) = &mut self.to {
            resolve(path, base);
        }
    }
}

/// Who listens: `file:PATH`, `tcp:HOST:PORT`, `unix:PATH`, or an OpenTelemetry collector, `otlp:http://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    File(PathBuf),
    Tcp(String),
    Unix(PathBuf),
    Otlp(String),
}

impl Target {
    fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        match scheme {
            _ if rest.is_empty() => None,
            "file" => Some(Self::File(PathBuf::from(rest))),
            "unix" => Some(Self::Unix(PathBuf::from(rest))),
            "tcp" if rest.contains(':') => Some(Self::Tcp(rest.to_owned())),
            "otlp" if rest.starts_with("http://") => Some(Self::Otlp(rest.trim_end_matches('/').to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
            Self::Otlp(address) => write!(f, "otlp:{address}"),
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = "file:PATH, unix:PATH, tcp:HOST:PORT or otlp:http://HOST:PORT";
        Self::parse(&text).ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&text), &expected))
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
