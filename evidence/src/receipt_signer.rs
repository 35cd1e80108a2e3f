//! The key that signs receipts.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::jwk::{Algorithm, JwkSet, ReceiptKey};
use crate::log_signer::SignElsewhere;
use crate::receipt::{Header, Receipt, TYPE};

/// Room for the claims of a receipt in a log of a million entries, so that writing them does not grow a buffer step by step.
const ROOM: usize = 3072;

/// An ES256 or EdDSA key. The private key is cleansed from memory when this is dropped (AWS-LC cleanses all memory it
/// frees), is never printed and cannot be taken out.
pub struct ReceiptSigner {
    public: ReceiptKey,
    private: Private,
    /// The encoded header with its dot: the same for every receipt.
    header: String,
}

enum Private {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Elsewhere(SignElsewhere),
}

/// A key that cannot sign receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptKeyRefused {
    /// Not a PKCS#8 document with a P-256 or Ed25519 private key.
    #[error("a receipt key is a P-256 or Ed25519 private key in PKCS#8")]
    Pkcs8,
    /// The header could not be written.
    #[error("the receipt header could not be written")]
    Header,
    /// No key could be generated.
    #[error("no receipt key could be generated")]
    Generation,
}

/// A receipt could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptNotSigned {
    /// The claims could not be written.
    #[error("the claims of the receipt could not be written")]
    Claims(#[source] serde_json::Error),
    /// The key failed.
    #[error("the receipt key {0} did not sign")]
    Key(String),
}

impl ReceiptSigner {
    /// The key in a PKCS#8 document (DER): P-256 (RFC 5915) or Ed25519 (RFC 8410).
    ///
    /// # Errors
    /// [`ReceiptKeyRefused`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, ReceiptKeyRefused> {
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            let public = ReceiptKey::from_bytes(Algorithm::Es256, pair.public_key().as_ref());
            return Self::of(public, Private::P256(pair));
        }
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| ReceiptKeyRefused::Pkcs8)?;
        let public = ReceiptKey::from_bytes(Algorithm::EdDsa, pair.public_key().as_ref());
        Self::of(public, Private::Ed25519(pair))
    }

    /// A fresh key and its PKCS#8 document (DER), to be kept.
    ///
    /// # Errors
    /// [`ReceiptKeyRefused`].
    pub fn generate(algorithm: Algorithm) -> Result<(Self, Zeroizing<Vec<u8>>), ReceiptKeyRefused> {
        let random = SystemRandom::new();
        let document = match algorithm {
            Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random),
            Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(&random),
        };
        let document = document.map_err(|_| ReceiptKeyRefused::Generation)?;
        let kept = Zeroizing::new(document.as_ref().to_vec());
        Ok((Self::from_pkcs8(&kept)?, kept))
    }

    /// A key that is held elsewhere, as in a PKCS#11 token. For ES256 it gives r and s, 32 bytes each (RFC 7518 section 3.4).
    ///
    /// # Errors
    /// [`ReceiptKeyRefused`].
    pub fn elsewhere(public: ReceiptKey, sign: SignElsewhere) -> Result<Self, ReceiptKeyRefused> {
        Self::of(Some(public), Private::Elsewhere(sign))
    }

    fn of(public: Option<ReceiptKey>, private: Private) -> Result<Self, ReceiptKeyRefused> {
        let public = public.ok_or(ReceiptKeyRefused::Pkcs8)?;
        let header = Header {
            alg: public.algorithm().name().to_owned(),
            kid: public.kid().to_owned(),
            typ: TYPE.to_owned(),
        };
        let json = serde_json::to_vec(&header).map_err(|_| ReceiptKeyRefused::Header)?;
        let header = format!("{}.", URL_SAFE_NO_PAD.encode(json));
        Ok(Self { public, private, header })
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &ReceiptKey {
        &self.public
    }

    /// The JWK set to publish: this key, then the earlier ones.
    #[must_use]
    pub fn jwk_set(&self, earlier: &[ReceiptKey]) -> JwkSet {
        JwkSet::new(std::iter::once(&self.public).chain(earlier).cloned())
    }

    /// Signs a receipt: a compact JWS (RFC 7515 section 3.1).
    ///
    /// # Errors
    /// [`ReceiptNotSigned`].
    pub fn sign(&self, receipt: &Receipt<'_>) -> Result<String, ReceiptNotSigned> {
        let mut claims = Vec::with_capacity(ROOM);
        serde_json::to_writer(&mut claims, &receipt.claims()).map_err(ReceiptNotSigned::Claims)?;
        let mut jws = String::with_capacity(self.header.len() + claims.len().saturating_mul(2) + 128);
        jws.push_str(&self.header);
        URL_SAFE_NO_PAD.encode_string(&claims, &mut jws);
        let signature = self.signature(jws.as_bytes())?;
        jws.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jws);
        Ok(jws)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, ReceiptNotSigned> {
        let signature = match &self.private {
            Private::P256(pair) => {
                pair.sign(&SystemRandom::new(), message).ok().map(|signature| signature.as_ref().to_vec())
            }
            Private::Ed25519(pair) => {
                pair.try_sign(message).ok().map(|signature| signature.as_ref().to_vec())
            }
            Private::Elsewhere(sign) => sign(message).map(|signature| signature.to_vec()),
        };
        signature.ok_or_else(|| ReceiptNotSigned::Key(self.public.kid().to_owned()))
    }
}

impl fmt::Debug for ReceiptSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceiptSigner({:?})", self.public)
    }
}
