//! TLS with a key in a token.

use std::sync::Arc;

use rustls::sign::{Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};
use rustls_pki_types::SubjectPublicKeyInfoDer;

use super::public::{der, integer};
use super::{Hash, PublicKey, Scheme, TokenKey};

/// Strongest first, as rustls has them for keys of its own.
const RSA: [(SignatureScheme, Scheme); 6] = [
    (SignatureScheme::RSA_PSS_SHA512, Scheme::RsaPss(Hash::Sha512)),
    (SignatureScheme::RSA_PSS_SHA384, Scheme::RsaPss(Hash::Sha384)),
    (SignatureScheme::RSA_PSS_SHA256, Scheme::RsaPss(Hash::Sha256)),
    (SignatureScheme::RSA_PKCS1_SHA512, Scheme::RsaPkcs1(Hash::Sha512)),
    (SignatureScheme::RSA_PKCS1_SHA384, Scheme::RsaPkcs1(Hash::Sha384)),
    (SignatureScheme::RSA_PKCS1_SHA256, Scheme::RsaPkcs1(Hash::Sha256)),
];
const P256: [(SignatureScheme, Scheme); 1] = [(SignatureScheme::ECDSA_NISTP256_SHA256, Scheme::EcdsaP256)];
const P384: [(SignatureScheme, Scheme); 1] = [(SignatureScheme::ECDSA_NISTP384_SHA384, Scheme::EcdsaP384)];
const ED25519: [(SignatureScheme, Scheme); 1] = [(SignatureScheme::ED25519, Scheme::Ed25519)];

/// A key in a token as rustls uses keys.
#[derive(Debug)]
pub(crate) struct TlsKey(pub(crate) Arc<TokenKey>);

impl SigningKey for TlsKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let able: &[(SignatureScheme, Scheme)] = match self.0.public() {
            PublicKey::Rsa(_) => &RSA,
            PublicKey::P256(_) => &P256,
            PublicKey::P384(_) => &P384,
            PublicKey::Ed25519(_) => &ED25519,
        };
        let (named, scheme) = *able.iter().find(|(named, _)| offered.contains(named))?;
        Some(Box::new(TlsSigner { key: Arc::clone(&self.0), named, scheme }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(self.0.public().spki())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self.0.public() {
            PublicKey::Rsa(_) => SignatureAlgorithm::RSA,
            PublicKey::P256(_) | PublicKey::P384(_) => SignatureAlgorithm::ECDSA,
            PublicKey::Ed25519(_) => SignatureAlgorithm::ED25519,
        }
    }
}

#[derive(Debug)]
struct TlsSigner {
    key: Arc<TokenKey>,
    named: SignatureScheme,
    scheme: Scheme,
}

impl Signer for TlsSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature =
            self.key.sign(self.scheme, message).map_err(|error| Error::General(error.to_string()))?;
        match self.scheme {
            Scheme::EcdsaP256 | Scheme::EcdsaP384 => Ok(ecdsa(&signature)),
            Scheme::Ed25519 | Scheme::RsaPss(_) | Scheme::RsaPkcs1(_) => Ok(signature),
        }
    }

    fn scheme(&self) -> SignatureScheme {
        self.named
    }
}

/// Ecdsa-Sig-Value (RFC 3279 §2.2.3) of r and s side by side, as tokens give them.
fn ecdsa(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    der(0x30, &[integer(r), integer(s)].concat())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]
    use super::ecdsa;

    #[test]
    fn writes_r_and_s_as_der_has_numbers() {
        // A leading zero goes, and one comes before what would be negative (X.690 §8.3).
        assert_eq!(ecdsa(&[0x00, 0x01, 0x80, 0x00]), [0x30, 8, 0x02, 1, 0x01, 0x02, 3, 0x00, 0x80, 0x00]);
        let long = ecdsa(&[0xff; 96]);
        assert_eq!((long.len(), &long[..4]), (104, &[0x30, 102, 0x02, 49][..]));
        assert_eq!(ecdsa(&[0; 64]), [0x30, 6, 0x02, 1, 0, 0x02, 1, 0]);
    }
}
