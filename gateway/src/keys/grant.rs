//! The key that signs the proofs of grants: ES256.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::pkcs11::{PublicKey, Scheme, TokenKey};

/// A P-256 key, in memory or in a token. Never printed.
pub struct GrantKey {
    private: Private,
    /// The uncompressed point: 04 ‖ x ‖ y (SEC 1 §2.3.3).
    point: [u8; 65],
}

enum Private {
    // Parsed once: reading PKCS#8 and checking the point costs more than a signature.
    Here(EcdsaKeyPair, SystemRandom),
    Token(Arc<TokenKey>),
}

/// SubjectPublicKeyInfo of a P-256 key up to its point (RFC 5480 §2).
const SPKI: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

impl GrantKey {
    /// The key in a PKCS#8 document (DER). `None` if it is no P-256 key.
    #[must_use]
    pub fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).ok()?;
        let point = pair.public_key().as_ref().try_into().ok()?;
        Some(Self { private: Private::Here(pair, SystemRandom::new()), point })
    }

    /// A key in a token. `None` if it is no P-256 key.
    pub(crate) fn in_token(key: Arc<TokenKey>) -> Option<Self> {
        let PublicKey::P256(point) = key.public() else { return None };
        let point = *point;
        Some(Self { private: Private::Token(key), point })
    }

    /// r and s of a signature with SHA-256, 32 bytes each (RFC 7518 §3.4). `None` when the key or its token fails.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.private {
            Private::Here(pair, random) => Some(pair.sign(random, message).ok()?.as_ref().to_vec()),
            Private::Token(key) => key.sign(Scheme::EcdsaP256, message).ok(),
        }
    }

    /// The name registries know it by: the start of its public key's digest.
    #[must_use]
    pub fn kid(&self) -> String {
        let digest = evidence::Digest::of(&[SPKI, &self.point].concat());
        hex::encode(digest.as_bytes().get(..8).unwrap_or_default())
    }

    /// The key as registries know it: a JWK set (RFC 7517) of one P-256 key.
    #[must_use]
    pub fn jwk_set(&self) -> Value {
        let (x, y) = self.point.last_chunk::<64>().map(|xy| xy.split_at(32)).unwrap_or_default();
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid(), "x": x, "y": y }
        ]})
    }
}

impl fmt::Debug for GrantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrantKey({})", self.kid())
    }
}
