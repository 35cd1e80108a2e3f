//! The gateway's own keys, read once at start. None of them is ever printed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use certs::algorithm::KeyKind;
use certs::issue::SigningKey;
use evidence::{JwkSet, LogSigner, ReceiptKey, ReceiptSigner};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretSlice};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::config::{Config, ConfigError, secret_file};
use crate::store::Store;
use crate::vault::{Vault, VaultError};

/// Why a key cannot be used; names its key in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{key}: expected {expected}")]
    Form { key: &'static str, expected: &'static str },
}

/// All keys of a node.
#[derive(Debug)]
pub struct Keys {
    pub receipt: ReceiptSigner,
    /// Public keys of those that signed receipts before.
    pub retired: Vec<ReceiptKey>,
    pub log: LogSigner,
    /// PKCS#8 of the key that signs grants for registries.
    pub grant: SecretSlice<u8>,
    pub commitments: SecretSlice<u8>,
    pub master: SecretSlice<u8>,
    /// While a rotation is under way.
    pub master_previous: Option<SecretSlice<u8>>,
}

impl Keys {
    /// Reads the files the configuration names.
    ///
    /// # Errors
    /// A file that cannot be read, is readable by others, or holds another kind of key.
    pub fn read(config: &Config) -> Result<Self, KeysError> {
        let keys = &config.keys;
        let receipt = pkcs8("keys.receipt", &keys.receipt)?;
        let receipt = ReceiptSigner::from_pkcs8(&receipt)
            .map_err(|_| form("keys.receipt", "a P-256 or Ed25519 private key (PKCS#8 PEM)"))?;
        let log = pkcs8("keys.log", &keys.log)?;
        let log = log_signer(&config.origin(), &log)
            .ok_or_else(|| form("keys.log", "an Ed25519 private key (PKCS#8 PEM)"))?;
        Ok(Self {
            receipt,
            retired: retired(&keys.receipt_retired)?,
            log,
            grant: SecretSlice::from(pkcs8("keys.grant", &keys.grant)?.to_vec()),
            commitments: bytes32("keys.commitments", &keys.commitments)?,
            master: bytes32("keys.master", &keys.master)?,
            master_previous: previous(keys.master_previous.as_deref())?,
        })
    }

    /// What opens the journal's content, also what is still wrapped under the master key of before.
    ///
    /// # Errors
    /// [`VaultError::MasterKey`]; the form of both keys was checked when they were read.
    pub fn vault(&self, store: Arc<dyn Store>) -> Result<Vault, VaultError> {
        let vault = Vault::new(&self.master, store)?;
        match &self.master_previous {
            Some(previous) => vault.after(previous),
            None => Ok(vault),
        }
    }

    /// The name registries know the grant key by: the start of its public key's digest.
    #[must_use]
    pub fn grant_kid(&self) -> Option<String> {
        let key = SigningKey::from_pkcs8_der(self.grant.expose_secret()).ok()?;
        let digest = evidence::Digest::of(key.spki_der());
        Some(hex::encode(digest.as_bytes().get(..8)?))
    }

    /// The grant key as registries know it: a JWK set (RFC 7517) of one P-256 key.
    #[must_use]
    pub fn grant_jwk_set(&self) -> Option<Value> {
        let key = SigningKey::from_pkcs8_der(self.grant.expose_secret()).ok()?;
        if key.kind() != KeyKind::P256 {
            return None;
        }
        // A P-256 SubjectPublicKeyInfo ends in the uncompressed point: 04 ‖ x ‖ y (RFC 5480 §2.2).
        let (x, y) = key.spki_der().last_chunk::<64>()?.split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let kid = self.grant_kid()?;
        Some(json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y }
        ]}))
    }
}

fn log_signer(origin: &str, der: &[u8]) -> Option<LogSigner> {
    use evidence::key::SignatureType;
    use evidence::log_signer::NoteSigner;
    let signer = NoteSigner::from_pkcs8(origin, SignatureType::Ed25519, der).ok()?;
    LogSigner::new(signer).ok()
}

/// Public keys only: such a file is what `GET /v1/keys` said while the key was in use.
fn retired(files: &[PathBuf]) -> Result<Vec<ReceiptKey>, KeysError> {
    let unusable = || form("keys.receipt_retired", "files that each hold a JWK set of public keys");
    let mut keys = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|_| unusable())?;
        keys.extend(JwkSet::parse(&text).map_err(|_| unusable())?.keys().iter().cloned());
    }
    Ok(keys)
}

fn form(key: &'static str, expected: &'static str) -> KeysError {
    KeysError::Form { key, expected }
}

fn pkcs8(key: &'static str, file: &Path) -> Result<Zeroizing<Vec<u8>>, KeysError> {
    let pem = secret_file::read(key, file)?;
    match PrivateKeyDer::from_pem_slice(&pem) {
        Ok(PrivateKeyDer::Pkcs8(der)) => Ok(Zeroizing::new(der.secret_pkcs8_der().to_vec())),
        _ => Err(form(key, "a private key in PKCS#8 PEM (BEGIN PRIVATE KEY)")),
    }
}

fn previous(file: Option<&Path>) -> Result<Option<SecretSlice<u8>>, KeysError> {
    file.map(|file| bytes32("keys.master_previous", file)).transpose()
}

fn bytes32(key: &'static str, file: &Path) -> Result<SecretSlice<u8>, KeysError> {
    let text = secret_file::read(key, file)?;
    let digits = Zeroizing::new(String::from_utf8_lossy(&text).trim().to_owned());
    match hex::decode(digits.as_bytes()) {
        Ok(bytes) if bytes.len() == 32 => Ok(SecretSlice::from(bytes)),
        _ => Err(form(key, "64 hexadecimal digits (32 random bytes)")),
    }
}
