//! Where a private key is: in a file, or in a token that never lets it out.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::resolve;
use crate::pkcs11::Pkcs11Uri;

/// `pkcs11:…` names a key in a token (RFC 7512), everything else a file: PEM or PKCS#12.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    File(PathBuf),
    Token(Box<Pkcs11Uri>),
}

impl KeySource {
    pub(super) fn resolve(&mut self, base: &Path, tokens: &Tokens) {
        match self {
            Self::File(path) => resolve(path, base),
            Self::Token(uri) => {
                uri.module = uri.module.take().or_else(|| tokens.module.clone());
                uri.pin = uri.pin.take().or_else(|| tokens.pin.clone());
                // A bare name is for the system's loader to find.
                if let Some(module) = uri.module.as_mut().filter(|module| module.components().count() > 1) {
                    resolve(module, base);
                }
                if let Some(pin) = &mut uri.pin {
                    resolve(pin, base);
                }
            }
        }
    }
}

impl From<PathBuf> for KeySource {
    fn from(file: PathBuf) -> Self {
        Self::File(file)
    }
}

impl From<&Path> for KeySource {
    fn from(file: &Path) -> Self {
        Self::File(file.to_path_buf())
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Token(uri) => write!(f, "{uri}"),
        }
    }
}

impl<'de> Deserialize<'de> for KeySource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.starts_with(Pkcs11Uri::SCHEME) {
            true => text.parse().map(|uri| Self::Token(Box::new(uri))).map_err(D::Error::custom),
            false => Ok(Self::File(PathBuf::from(text))),
        }
    }
}

impl Serialize for KeySource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::File(path) => path.serialize(serializer),
            Self::Token(uri) => serializer.serialize_str(&uri.to_text()),
        }
    }
}

/// `[pkcs11]`: what the URIs of keys in tokens do not say themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// The module, a shared library, that speaks to the tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<PathBuf>,
    /// A file with the user PIN; mode 0600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<PathBuf>,
}

impl Tokens {
    /// Nothing is said.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
