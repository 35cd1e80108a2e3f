//! Keys of logs and witnesses: C2SP signed-note verifier keys.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signed_note::{is_key_name_valid, key_id};

use crate::cosignature;

/// The signature types this crate verifies, with their assigned identifier bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SignatureType {
    /// Ed25519 over the note's text: a log's own signature.
    Ed25519 = 0x01,
    /// Ed25519 over the time and the note's text: a witness's cosignature (c2sp.org/tlog-cosignature).
    Cosignature = 0x04,
}

/// A public key with its name and purpose. Text form, the vkey: `<name>+<hex key id>+<base64(type ‖ key)>`.
#[derive(Clone)]
pub struct VerifierKey {
    name: String,
    id: u32,
    kind: SignatureType,
    bytes: [u8; 32],
    key: ParsedPublicKey,
}

/// A text that is not a verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyMalformed {
    /// Not three parts joined by plus signs, or a part is not hex or base64.
    #[error("a verifier key is <name>+<8 hex digits>+<base64>")]
    Form,
    /// The name is empty or has spaces, plus signs or control characters.
    #[error("a key name is not empty and has no spaces, plus signs or control characters")]
    Name,
    /// The id is not the one that follows from name and key.
    #[error("the key id {stated:08x} is not {computed:08x}, which follows from name and key")]
    Id {
        /// In the text.
        stated: u32,
        /// From name and key.
        computed: u32,
    },
    /// Not Ed25519, neither plain nor as cosignature.
    #[error("signature type 0x{0:02x} is neither 0x01 nor 0x04")]
    Type(u8),
    /// The bytes are no Ed25519 public key.
    #[error("the key is no Ed25519 public key")]
    Key,
}

/// Whether `name` can be a key name and an origin line.
pub(crate) fn name_valid(name: &str) -> bool {
    is_key_name_valid(name) && !name.chars().any(char::is_control)
}

impl VerifierKey {
    /// The key `bytes` under `name`.
    ///
    /// # Errors
    /// [`KeyMalformed::Name`], [`KeyMalformed::Key`].
    pub fn new(name: &str, kind: SignatureType, bytes: [u8; 32]) -> Result<Self, KeyMalformed> {
        if !name_valid(name) {
            return Err(KeyMalformed::Name);
        }
        let key = ParsedPublicKey::new(&ED25519, bytes).map_err(|_| KeyMalformed::Key)?;
        let id = key_id(name, &typed(kind as u8, &bytes));
        Ok(Self { name: name.to_owned(), id, kind, bytes, key })
    }

    /// The name: a log's origin, or a witness's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key id.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// What it signs.
    #[must_use]
    pub const fn kind(&self) -> SignatureType {
        self.kind
    }

    /// The 32 bytes of the public key (RFC 8032 section 5.1.5).
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Whether `signature` is this key's plain Ed25519 signature of `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

fn typed(kind: u8, key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.len() + 1);
    bytes.push(kind);
    bytes.extend_from_slice(key);
    bytes
}

impl FromStr for VerifierKey {
    type Err = KeyMalformed;

    fn from_str(vkey: &str) -> Result<Self, Self::Err> {
        let (name, rest) = vkey.split_once('+').ok_or(KeyMalformed::Form)?;
        // Base64 has plus signs too, so only the first two separate.
        let (id, encoded) = rest.split_once('+').ok_or(KeyMalformed::Form)?;
        let lowercase_hex = id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if id.len() != 8 || !lowercase_hex {
            return Err(KeyMalformed::Form);
        }
        let stated = u32::from_str_radix(id, 16).map_err(|_| KeyMalformed::Form)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| KeyMalformed::Form)?;
        let (kind, key) = bytes.split_first().ok_or(KeyMalformed::Form)?;
        let kind = match kind {
            0x01 => SignatureType::Ed25519,
            0x04 => SignatureType::Cosignature,
            other => return Err(KeyMalformed::Type(*other)),
        };
        let key = Self::new(name, kind, key.try_into().map_err(|_| KeyMalformed::Key)?)?;
        if key.id == stated { Ok(key) } else { Err(KeyMalformed::Id { stated, computed: key.id }) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = STANDARD.encode(typed(self.kind as u8, &self.bytes));
        write!(f, "{}+{:08x}+{encoded}", self.name, self.id)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for VerifierKey {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.kind == other.kind && self.bytes == other.bytes
    }
}

impl Eq for VerifierKey {}

impl signed_note::Verifier for VerifierKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        match self.kind {
            SignatureType::Ed25519 => self.verifies(text, signature),
            SignatureType::Cosignature => cosignature::opened(self, text, signature).is_some(),
        }
    }
}

/// Finds a note's known keys among a few.
pub(crate) struct Known<'a>(pub(crate) Vec<&'a VerifierKey>);

impl signed_note::Verifiers for Known<'_> {
    fn verifier(
        &self,
        name: &str,
        id: u32,
    ) -> Result<&dyn signed_note::Verifier, signed_note::VerificationError> {
        let known = self.0.iter().find(|key| key.id == id && key.name == name);
        match known {
            Some(key) => Ok(*key),
            None => Err(signed_note::VerificationError::UnknownKey { name: name.to_owned(), id }),
        }
    }
}
