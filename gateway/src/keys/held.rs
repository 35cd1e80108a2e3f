//! A private key as it is held: in memory, or in a token.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use crate::config::{ConfigError, KeySource, secret_file};
use crate::pkcs11::{Pkcs11Error, TokenKey};
use crate::pkcs12::{Pkcs12, Pkcs12Error};

/// Why a key cannot be had. Names its key in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum HeldError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{key}: {}: expected a private key in PEM, or PKCS#12", file.display())]
    Form { key: String, file: PathBuf },
    #[error("{key}: {}: is not PEM, and for PKCS#12 {password} is missing: expected a file with its password", file.display())]
    NoPassword { key: String, file: PathBuf, password: String },
    #[error("{key}: {}: {fault}", file.display())]
    Pkcs12 { key: String, file: PathBuf, fault: &'static str },
    #[error("{key}: {}: has {count} private keys, expected one", file.display())]
    Several { key: String, file: PathBuf, count: usize },
    #[error("{key}: {fault}")]
    Token { key: String, fault: Box<Pkcs11Error> },
}

/// A key that is ready to be used.
#[derive(Debug)]
pub(crate) enum Held {
    /// Wiped when it is dropped.
    Here(Zeroizing<PrivateKeyDer<'static>>),
    Token(Arc<TokenKey>),
}

/// Where a key is, by the configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    /// `keys.receipt`.
    pub(crate) key: &'a str,
    pub(crate) source: &'a KeySource,
    /// The key of the configuration that names the password, and what it says.
    pub(crate) password: (&'a str, Option<&'a Path>),
}

impl Named<'_> {
    /// Reads the key, or finds it in its token.
    pub(crate) fn hold(&self) -> Result<Held, HeldError> {
        let file = match self.source {
            KeySource::File(file) => file,
            KeySource::Token(uri) => {
                return match TokenKey::open(uri) {
                    Ok(key) => Ok(Held::Token(key)),
                    Err(fault) => Err(HeldError::Token { key: self.key.to_owned(), fault: Box::new(fault) }),
                };
            }
        };
        let bytes = secret_file::read(self.key, file)?;
        if is_pem(&bytes) {
            let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| self.form(file))?;
            return Ok(Held::Here(Zeroizing::new(key)));
        }
        let opened = self.pkcs12(&bytes, file)?;
        let fault = "has no private key";
        let key = opened.key.ok_or_else(|| HeldError::Pkcs12 {
            key: self.key.to_owned(),
            file: file.clone(),
            fault,
        })?;
        Ok(Held::Here(Zeroizing::new(PrivatePkcs8KeyDer::from(key.to_vec()).into())))
    }

    /// A PKCS#12 file, opened with this key's password.
    pub(crate) fn pkcs12(&self, bytes: &[u8], file: &Path) -> Result<Pkcs12, HeldError> {
        let (key, file) = (self.key.to_owned(), file.to_path_buf());
        // DER of a SEQUENCE: whatever else it may be, it is not PKCS#12 without.
        if bytes.first() != Some(&0x30) {
            return Err(self.form(&file));
        }
        let Some(path) = self.password.1 else {
            return Err(HeldError::NoPassword { key, file, password: self.password.0.to_owned() });
        };
        let password = secret_file::read(self.password.0, path)?;
        let password = Zeroizing::new(String::from_utf8_lossy(&password).into_owned());
        Pkcs12::open(bytes, &password).map_err(|error| match error {
            Pkcs12Error::Closed => {
                HeldError::Pkcs12 { key, file, fault: "is not PKCS#12, or has another password" }
            }
            Pkcs12Error::Keys(count) => HeldError::Several { key, file, count },
        })
    }

    fn form(&self, file: &Path) -> HeldError {
        HeldError::Form { key: self.key.to_owned(), file: file.to_path_buf() }
    }
}

/// Text before a PEM block is allowed (RFC 7468 §5.2).
pub(crate) fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(11).any(|window| window == b"-----BEGIN ")
}
