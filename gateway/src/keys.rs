//! The gateway's own keys, read once at start. None of them is ever printed.

pub mod grant;
pub(crate) mod held;
mod roster;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evidence::key::SignatureType;
use evidence::log_signer::{NoteSigner, SignerRefused};
use evidence::{JwkSet, LogSigner, ReceiptKey, ReceiptSigner, VerifierKey};
use rustls_pki_types::PrivateKeyDer;
use secrecy::SecretSlice;
use zeroize::Zeroizing;

use crate::config::{self, Config, ConfigError, secret_file};
use crate::keys::held::{Held, Named};
use crate::pkcs11::{PublicKey, Scheme, TokenKey};
use crate::store::Store;
use crate::vault::{Vault, VaultError};

pub use grant::GrantKey;
pub use held::HeldError;
pub use roster::Roster;

/// Why a key cannot be used; names its key in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Held(#[from] HeldError),
    #[error("{key}: expected {expected}")]
    Form { key: &'static str, expected: &'static str },
    #[error("{key}: found {found}, expected {expected}")]
    Kind { key: &'static str, found: &'static str, expected: &'static str },
    #[error("{key}: {fault}")]
    Log { key: &'static str, fault: SignerRefused },
}

/// All keys of a node.
#[derive(Debug)]
pub struct Keys {
    pub receipt: ReceiptSigner,
    /// Public keys of those that signed receipts before.
    pub retired: Vec<ReceiptKey>,
    pub log: LogSigner,
    /// Signs grants for registries.
    pub grant: Arc<GrantKey>,
    pub commitments: SecretSlice<u8>,
    pub master: SecretSlice<u8>,
    /// While a rotation is under way.
    pub master_previous: Option<SecretSlice<u8>>,
    /// Those of them that are in tokens.
    pub roster: Roster,
}

/// What receipts are signed with.
const RECEIPT: &str = "a P-256 or Ed25519 private key (PKCS#8)";
const LOG: &str = "an Ed25519 private key (PKCS#8)";
const GRANT: &str = "a P-256 private key (PKCS#8)";

impl Keys {
    /// Reads the files the configuration names, and finds the keys that are in tokens.
    ///
    /// # Errors
    /// A file that cannot be read, is readable by others, or holds another kind of key; a token without the key.
    pub fn read(config: &Config) -> Result<Self, KeysError> {
        let (keys, roster) = (&config.keys, Roster::default());
        let hold = |named: Named<'_>| {
            let held = named.hold()?;
            roster.note(named.key, &held);
            Ok::<_, KeysError>(held)
        };
        let receipt = named("keys.receipt", &keys.receipt, "keys.receipt_password", &keys.receipt_password);
        let log = named("keys.log", &keys.log, "keys.log_password", &keys.log_password);
        let grant = named("keys.grant", &keys.grant, "keys.grant_password", &keys.grant_password);
        let mut signer = LogSigner::new(note_signer("keys.log", &config.origin(), hold(log)?)?)
            .map_err(|fault| KeysError::Log { key: "keys.log", fault })?;
        if let Some(source) = &keys.log_previous {
            let (key, word) = ("keys.log_previous", "keys.log_previous_password");
            let held = hold(named(key, source, word, &keys.log_previous_password))?;
            let previous = note_signer(key, &config.origin(), held)?;
            signer = signer.overlapping(previous).map_err(|fault| KeysError::Log { key, fault })?;
        }
        Ok(Self {
            receipt: receipt_signer(hold(receipt)?)?,
            retired: retired(&keys.receipt_retired)?,
            log: succeeding(signer, &keys.log_retired)?,
            grant: Arc::new(grant_key(hold(grant)?)?),
            commitments: bytes32("keys.commitments", &keys.commitments)?,
            master: bytes32("keys.master", &keys.master)?,
            master_previous: previous(keys.master_previous.as_deref())?,
            roster,
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

    /// What anyone may know of the keys that evidence is verified with: the JWK set of receipts (RFC 7517), and beside its keys, as
    /// a further member, the verifier keys of the log (C2SP signed-note), the present one first.
    #[must_use]
    pub fn published(&self) -> serde_json::Value {
        let mut set = self.receipt.jwk_set(&self.retired).to_json();
        if let Some(members) = set.as_object_mut() {
            let logs: Vec<String> = self.log.known().iter().map(VerifierKey::to_string).collect();
            members.insert("log".to_owned(), logs.into());
        }
        set
    }
}

fn named<'a>(
    key: &'a str,
    source: &'a config::KeySource,
    word: &'a str,
    password: &'a Option<PathBuf>,
) -> Named<'a> {
    Named { key, source, password: (word, password.as_deref()) }
}

fn receipt_signer(held: Held) -> Result<ReceiptSigner, KeysError> {
    let key = "keys.receipt";
    let refused = || form(key, RECEIPT);
    let token = match held {
        Held::Here(der) => {
            return ReceiptSigner::from_pkcs8(&pkcs8(&der, key, RECEIPT)?).map_err(|_| refused());
        }
        Held::Token(token) => token,
    };
    let (scheme, public) = match token.public() {
        PublicKey::P256(point) => {
            (Scheme::EcdsaP256, ReceiptKey::from_bytes(evidence::Algorithm::Es256, point))
        }
        PublicKey::Ed25519(bytes) => {
            (Scheme::Ed25519, ReceiptKey::from_bytes(evidence::Algorithm::EdDsa, bytes))
        }
        other => return Err(KeysError::Kind { key, found: other.kind(), expected: RECEIPT }),
    };
    ReceiptSigner::elsewhere(public.ok_or_else(refused)?, elsewhere(token, scheme)).map_err(|_| refused())
}

fn note_signer(key: &'static str, origin: &str, held: Held) -> Result<NoteSigner, KeysError> {
    let refused = || form(key, LOG);
    let token = match held {
        Held::Here(der) => {
            return NoteSigner::from_pkcs8(origin, SignatureType::Ed25519, &pkcs8(&der, key, LOG)?)
                .map_err(|_| refused());
        }
        Held::Token(token) => token,
    };
    let PublicKey::Ed25519(bytes) = token.public() else {
        return Err(KeysError::Kind { key, found: token.public().kind(), expected: LOG });
    };
    let public = VerifierKey::new(origin, SignatureType::Ed25519, *bytes).map_err(|_| refused())?;
    Ok(NoteSigner::elsewhere(public, elsewhere(token, Scheme::Ed25519)))
}

fn grant_key(held: Held) -> Result<GrantKey, KeysError> {
    let key = "keys.grant";
    match held {
        Held::Here(der) => GrantKey::from_pkcs8(&pkcs8(&der, key, GRANT)?).ok_or_else(|| form(key, GRANT)),
        Held::Token(token) => {
            let found = token.public().kind();
            GrantKey::in_token(token).ok_or(KeysError::Kind { key, found, expected: GRANT })
        }
    }
}

/// A token's key as evidence signs: why it did not is in the log of the node.
fn elsewhere(token: Arc<TokenKey>, scheme: Scheme) -> evidence::log_signer::SignElsewhere {
    Box::new(move |message| token.sign(scheme, message).ok()?.try_into().ok())
}

fn pkcs8(
    der: &PrivateKeyDer<'_>,
    key: &'static str,
    expected: &'static str,
) -> Result<Zeroizing<Vec<u8>>, KeysError> {
    match der {
        PrivateKeyDer::Pkcs8(der) => Ok(Zeroizing::new(der.secret_pkcs8_der().to_vec())),
        _ => Err(form(key, expected)),
    }
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

fn succeeding(mut signer: LogSigner, files: &[PathBuf]) -> Result<LogSigner, KeysError> {
    let key = "keys.log_retired";
    let unusable = || form(key, "files of verifier keys of the log, one a line");
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|_| unusable())?;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let vkey: VerifierKey = line.parse().map_err(|_| unusable())?;
            signer = signer.succeeding(&vkey).map_err(|fault| KeysError::Log { key, fault })?;
        }
    }
    Ok(signer)
}

fn form(key: &'static str, expected: &'static str) -> KeysError {
    KeysError::Form { key, expected }
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
