//! Whom the gateway believes, and how it shows itself to registries.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::key_source::{KeySource, Tokens};
use super::{Seconds, resolve};

/// Trust in signers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// Folder of trust anchors.
    pub anchors: PathBuf,
    /// Certificate profile by name.
    #[serde(default = "Trust::default_profile")]
    pub profile: String,
    /// Where revocation lists are: addresses or files.
    #[serde(default)]
    pub crl: Vec<Source>,
    /// OCSP responders, where the certificates themselves do not name one.
    #[serde(default)]
    pub ocsp: Vec<Source>,
    /// When responders are asked.
    #[serde(default)]
    pub ask: Asking,
    /// Between two looks at the sources; lists are also fetched before they expire.
    #[serde(default = "Trust::default_refresh")]
    pub refresh_seconds: Seconds,
    /// Where the last good lists are kept, so that a restart during an authority's outage goes on.
    pub cache: PathBuf,
}

/// Revocation of the certificates that systems show on the exchange and console listeners.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clients {
    /// Lists of the authorities in `client_ca`: addresses or files. Without any, enrolment alone decides.
    pub crl: Vec<Source>,
    /// Between two looks at the sources; lists are also fetched before they expire.
    pub refresh_seconds: Seconds,
}

impl Default for Clients {
    fn default() -> Self {
        Self { crl: Vec::new(), refresh_seconds: Trust::default_refresh() }
    }
}

impl Clients {
    pub(super) fn resolve(&mut self, base: &Path) {
        resolve_sources(&mut self.crl, base);
    }
}

/// When an authority's responder is asked about a single certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asking {
    /// Whatever lists do not say stays unknown.
    Never,
    /// When lists do not say whether it is revoked.
    #[default]
    Unknown,
    /// Whenever no current answer is held, whatever lists say.
    Always,
}

impl Trust {
    fn default_profile() -> String {
        "national".to_owned()
    }

    const fn default_refresh() -> Seconds {
        Seconds::of(600)
    }

    pub(super) fn resolve(&mut self, base: &Path) {
        resolve(&mut self.anchors, base);
        resolve(&mut self.cache, base);
        resolve_sources(&mut self.crl, base);
        resolve_sources(&mut self.ocsp, base);
    }
}

fn resolve_sources(sources: &mut [Source], base: &Path) {
    for source in sources {
        if let Source::File(path) = source {
            resolve(path, base);
        }
    }
}

/// Where something is to be had: `http://…` or `https://…` is an address, everything else a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Address(String),
    File(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => f.write_str(address),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl From<&str> for Source {
    fn from(text: &str) -> Self {
        if text.starts_with("http://") || text.starts_with("https://") {
            Self::Address(text.to_owned())
        } else {
            Self::File(PathBuf::from(text))
        }
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The gateway as a client of registries.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// PEM, or PKCS#12.
    pub certificate: PathBuf,
    /// PEM, PKCS#12, or a key in a token.
    pub key: KeySource,
    /// Of the PKCS#12 file; mode 0600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<PathBuf>,
    /// PEM: the authorities that registries' certificates must come from.
    pub ca: PathBuf,
    #[serde(default = "Upstream::default_connect")]
    pub connect_seconds: Seconds,
}

impl Upstream {
    const fn default_connect() -> Seconds {
        Seconds::of(3)
    }

    pub(super) fn resolve(&mut self, base: &Path, tokens: &Tokens) {
        self.key.resolve(base, tokens);
        for path in [&mut self.certificate, &mut self.ca].into_iter().chain(&mut self.password) {
            resolve(path, base);
        }
    }
}
