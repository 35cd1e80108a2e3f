//! The keys that receipts are verified with: a JWK set (RFC 7517, 7518, 8037), keys named by thumbprint (RFC 7638).

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// More keys than a deployment rotates through in its life; a larger set is refused.
pub const MAX_KEYS: usize = 256;

/// The two algorithms of receipts. A key fixes its algorithm: what a JWS header says is compared, never followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4).
    Es256,
    /// Ed25519 (RFC 8037 section 3.1).
    EdDsa,
}

impl Algorithm {
    /// The value of `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// A public key that receipts are signed with.
#[derive(Clone)]
pub struct ReceiptKey {
    algorithm: Algorithm,
    /// x and y of a P-256 point, or the 32 bytes of an Ed25519 key and nothing.
    x: [u8; 32],
    y: Option<[u8; 32]>,
    kid: String,
    key: ParsedPublicKey,
}

/// A JWK or JWK set that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwkMalformed {
    /// Not JSON, or no `keys` array.
    #[error("a JWK set is a JSON object with an array of keys")]
    Set,
    /// More than [`MAX_KEYS`].
    #[error("a set of {0} keys is larger than {MAX_KEYS}")]
    TooMany(usize),
    /// A coordinate is missing or not 32 bytes in base64url, or not a point of the curve.
    #[error("key {0} of the set is not a public key of its curve")]
    Key(usize),
    /// `alg` is not that of the key type, or `use` is not `sig`.
    #[error("key {0} of the set is for another algorithm or use")]
    Use(usize),
    /// A member of a private key. Whoever published it has lost the key.
    #[error("key {0} of the set contains a private key")]
    Private(usize),
    /// `kid` is not the thumbprint.
    #[error("key {at} of the set is named {stated}, not by its thumbprint {computed}")]
    Kid {
        /// Its place in the set.
        at: usize,
        /// As stated.
        stated: String,
        /// As RFC 7638 computes it.
        computed: String,
    },
}

impl ReceiptKey {
    /// A P-256 key from its uncompressed point (SEC 1 section 2.3.3, 65 bytes), an Ed25519 key from its 32 bytes. `None` if it is no
    /// such key.
    #[must_use]
    pub fn from_bytes(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        let (x, y) = match algorithm {
            Algorithm::Es256 => {
                let (x, y) = bytes.strip_prefix(&[0x04])?.split_at_checked(32)?;
                (x.try_into().ok()?, Some(y.try_into().ok()?))
            }
            Algorithm::EdDsa => (bytes.try_into().ok()?, None),
        };
        let key = match algorithm {
            Algorithm::Es256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes),
            Algorithm::EdDsa => ParsedPublicKey::new(&ED25519, bytes),
        };
        Some(Self { algorithm, x, y, kid: thumbprint(&x, y.as_ref()), key: key.ok()? })
    }

    /// The RFC 7638 thumbprint, SHA-256, base64url: what `kid` says.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The only algorithm this key is used with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        // Both signature forms are 64 bytes, so neither can be taken for a DER form.
        signature.len() == 64 && self.key.verify_sig(message, signature).is_ok()
    }

    /// The key as a JWK.
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.x);
        let (alg, kid) = (self.algorithm.name(), &self.kid);
        match &self.y {
            Some(y) => json!({"kty": "EC", "crv": "P-256", "x": x, "y": URL_SAFE_NO_PAD.encode(y),
                "use": "sig", "alg": alg, "kid": kid}),
            None => json!({"kty": "OKP", "crv": "Ed25519", "x": x, "use": "sig", "alg": alg, "kid": kid}),
        }
    }

    /// Reads one JWK. `Ok(None)` for a key of another type, which RFC 7517 section 5 has readers ignore.
    fn from_jwk(at: usize, jwk: &Value) -> Result<Option<Self>, JwkMalformed> {
        let text = |name| jwk.get(name).and_then(Value::as_str);
        let algorithm = match (text("kty"), text("crv")) {
            (Some("EC"), Some("P-256")) => Algorithm::Es256,
            (Some("OKP"), Some("Ed25519")) => Algorithm::EdDsa,
            _ => return Ok(None),
        };
        if jwk.get("d").is_some() {
            return Err(JwkMalformed::Private(at));
        }
        let alg_fits = jwk.get("alg").is_none_or(|alg| alg == algorithm.name());
        if !alg_fits || jwk.get("use").is_some_and(|purpose| purpose != "sig") {
            return Err(JwkMalformed::Use(at));
        }
        let coordinate = |name| text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let mut bytes = Vec::with_capacity(65);
        if algorithm == Algorithm::Es256 {
            bytes.push(0x04);
        }
        bytes.extend(coordinate("x").filter(|x| x.len() == 32).ok_or(JwkMalformed::Key(at))?);
        if algorithm == Algorithm::Es256 {
            bytes.extend(coordinate("y").ok_or(JwkMalformed::Key(at))?);
        }
        let key = Self::from_bytes(algorithm, &bytes).ok_or(JwkMalformed::Key(at))?;
        match text("kid") {
            Some(stated) if stated != key.kid => {
                Err(JwkMalformed::Kid { at, stated: stated.to_owned(), computed: key.kid })
            }
            _ => Ok(Some(key)),
        }
    }
}

impl fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceiptKey({} {})", self.algorithm.name(), self.kid)
    }
}

impl PartialEq for ReceiptKey {
    fn eq(&self, other: &Self) -> bool {
        self.kid == other.kid
    }
}

impl Eq for ReceiptKey {}

/// RFC 7638 section 3: the required members in lexicographic order, without whitespace.
fn thumbprint(x: &[u8; 32], y: Option<&[u8; 32]>) -> String {
    let x = URL_SAFE_NO_PAD.encode(x);
    let members = match y {
        Some(y) => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{}"}}"#, URL_SAFE_NO_PAD.encode(y)),
        None => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
    };
    URL_SAFE_NO_PAD.encode(Sha256::digest(members.as_bytes()))
}

/// The keys of a deployment: the current one and all before it, so that old receipts stay verifiable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JwkSet {
    keys: Vec<ReceiptKey>,
}

impl JwkSet {
    /// The set of `keys`; repeated ones once.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = ReceiptKey>) -> Self {
        let mut set = Self::default();
        for key in keys {
            if set.find(&key.kid).is_none() {
                set.keys.push(key);
            }
        }
        set
    }

    /// Reads a JWK set. Keys of other types are passed over.
    ///
    /// # Errors
    /// [`JwkMalformed`].
    pub fn parse(json: &str) -> Result<Self, JwkMalformed> {
        let value: Value = serde_json::from_str(json).map_err(|_| JwkMalformed::Set)?;
        let keys = value.get("keys").and_then(Value::as_array).ok_or(JwkMalformed::Set)?;
        if keys.len() > MAX_KEYS {
            return Err(JwkMalformed::TooMany(keys.len()));
        }
        let read = keys.iter().enumerate().map(|(at, jwk)| ReceiptKey::from_jwk(at, jwk));
        let found: Result<Vec<_>, _> = read.collect();
        Ok(Self::new(found?.into_iter().flatten()))
    }

    /// The set as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({"keys": self.keys.iter().map(ReceiptKey::to_jwk).collect::<Vec<_>>()})
    }

    /// The key with this thumbprint.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&ReceiptKey> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// All keys.
    #[must_use]
    pub fn keys(&self) -> &[ReceiptKey] {
        &self.keys
    }
}
