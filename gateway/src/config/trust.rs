//! Whom the gateway believes, and with which keys it is believed itself.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

/// The gateway's own keys, one file each, mode 0600.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Signs receipts.
    pub receipt: PathBuf,
    /// JWK sets of keys that signed receipts before: served beside the present one, so that their receipts go on verifying.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipt_retired: Vec<PathBuf>,
    /// Signs checkpoints of the log.
    pub log: PathBuf,
    /// Signs the proofs of grants shown to registries.
    pub grant: PathBuf,
    /// Keys the commitments in leaves; the same on all nodes of a deployment.
    pub commitments: PathBuf,
    /// Wraps the keys of cases; the same on all nodes of a deployment.
    pub master: PathBuf,
    /// The master key before, until `negiz keys rotate-master` has wrapped every key anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_previous: Option<PathBuf>,
}

impl Keys {
    /// Each file with the configuration key that names it.
    #[must_use]
    pub fn files(&self) -> [(&'static str, &Path); 5] {
        [
            ("keys.receipt", &self.receipt),
            ("keys.log", &self.log),
            ("keys.grant", &self.grant),
            ("keys.commitments", &self.commitments),
            ("keys.master", &self.master),
        ]
    }

    pub(super) fn resolve(&mut self, base: &Path) {
        for path in
            [&mut self.receipt, &mut self.log, &mut self.grant, &mut self.commitments, &mut self.master]
        {
            resolve(path, base);
        }
        if let Some(path) = &mut self.master_previous {
            resolve(path, base);
        }
        self.receipt_retired.iter_mut().for_each(|path| resolve(path, base));
    }
}

/// The gateway as a client of registries.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// PEM: the authorities that registries' certificates must come from.
    pub ca: PathBuf,
    #[serde(default = "Upstream::default_connect")]
    pub connect_seconds: Seconds,
}

impl Upstream {
    const fn default_connect() -> Seconds {
        Seconds::of(3)
    }

    pub(super) fn resolve(&mut self, base: &Path) {
        for path in [&mut self.certificate, &mut self.key, &mut self.ca] {
            resolve(path, base);
        }
    }
}
