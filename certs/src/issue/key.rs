//! Private keys.

use core::fmt;

use der::asn1::{AnyRef, BitStringRef};
use der::{Decode, Encode, pem::LineEnding};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{
    self as ring_signature, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair, RsaKeyPair,
};
use x509_cert::spki::{AlgorithmIdentifier, SubjectPublicKeyInfo};
use zeroize::Zeroizing;

use super::pem;

use crate::algorithm::{Algorithm, KeyKind, PublicKey, oid};
use crate::gost;

/// `OneAsymmetricKey` up to the 32 bytes of an Ed25519 seed (RFC 8410 §7).
const ED25519_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Why a private key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a PKCS#8 private key, or one that contradicts itself.
    #[error("not a readable PKCS#8 private key")]
    Malformed,
    /// A kind of key that cannot be used here.
    #[error("this kind of private key is not supported")]
    Unsupported,
    /// This key cannot make signatures of that algorithm.
    #[error("a {key} key cannot sign with {algorithm}")]
    Unfit {
        /// The key at hand.
        key: KeyKind,
        /// What was asked of it.
        algorithm: Algorithm,
    },
    /// The system gave no randomness, or the arithmetic refused.
    #[error("signing failed")]
    Signing,
}

/// A private key. Never printed; the encoded form is wiped when it is dropped.
pub struct SigningKey {
    pair: Pair,
    kind: KeyKind,
    spki: Vec<u8>,
    pkcs8: Zeroizing<Vec<u8>>,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Gost(Box<gost::PrivateKey>),
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kind)
    }
}

impl SigningKey {
    /// Reads the first unencrypted private key in PEM: `PRIVATE KEY` (PKCS#8, RFC 5958), `EC PRIVATE KEY` (RFC 5915) or `RSA PRIVATE KEY`
    /// (PKCS#1, RFC 8017).
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::Unsupported`].
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        Self::from_pkcs8_der(&pem::pkcs8(pem)?)
    }

    /// The same as [`SigningKey::from_pem`].
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::Unsupported`].
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        Self::from_pem(pem)
    }

    /// Reads a DER PKCS#8 private key.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::Unsupported`].
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = OneKey::from_der(der).map_err(|_| KeyError::Malformed)?;
        let algorithm = info.algorithm;
        let random = SystemRandom::new();
        let curve = algorithm.parameters.and_then(|any| any.decode_as().ok());
        let malformed = |_| KeyError::Malformed;
        let pair = match (algorithm.oid, curve) {
            (oid::RSA_ENCRYPTION, _) => Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(der).map_err(malformed)?)),
            (oid::EC_PUBLIC_KEY, Some(oid::P_256)) => Pair::P256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der, &random).map_err(malformed)?,
            ),
            (oid::EC_PUBLIC_KEY, Some(oid::P_384)) => Pair::P384(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, der, &random).map_err(malformed)?,
            ),
            (oid::ED25519, _) => {
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(malformed)?)
            }
            (oid::GOST_2015_512_KEY | oid::GOST_2015_256_KEY | oid::GOST_2004_KEY, _) => {
                Pair::Gost(Box::new(gost::PrivateKey::from_pkcs8(der).map_err(|_| KeyError::Malformed)?))
            }
            _ => return Err(KeyError::Unsupported),
        };
        let spki = pair.spki_der().map_err(|_| KeyError::Malformed)?;
        let kind = PublicKey::parse(&spki).map_err(|_| KeyError::Unsupported)?.kind();
        Ok(Self { pair, kind, spki, pkcs8: Zeroizing::new(der.to_vec()) })
    }

    /// Makes a new key of `kind`. RSA keys come from elsewhere.
    ///
    /// # Errors
    /// [`KeyError::Unsupported`] for RSA and for kinds without a signer; [`KeyError::Signing`] if the system gives no randomness.
    pub fn generate(kind: KeyKind) -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let ecdsa =
            |algorithm| EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| KeyError::Signing);
        match kind {
            KeyKind::P256 => Self::from_pkcs8_der(ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING)?.as_ref()),
            KeyKind::P384 => Self::from_pkcs8_der(ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING)?.as_ref()),
            KeyKind::Ed25519 => {
                let mut seed = Zeroizing::new([0; 32]);
                random.fill(seed.as_mut()).map_err(|_| KeyError::Signing)?;
                // RFC 8410 §7: version 0, so that other tools read it too (ring writes version 1 with a tag OpenSSL refuses).
                let mut der = Zeroizing::new(ED25519_PREFIX.to_vec());
                der.extend_from_slice(seed.as_ref());
                Self::from_pkcs8_der(&der)
            }
            KeyKind::Gost2015_512 | KeyKind::Gost2015_256 | KeyKind::Gost2004 => {
                let key = gost::PrivateKey::generate(kind).map_err(|_| KeyError::Signing)?;
                Self::from_pkcs8_der(&key.to_pkcs8().map_err(|_| KeyError::Signing)?)
            }
            KeyKind::Rsa { .. } => Err(KeyError::Unsupported),
        }
    }

    /// What kind of key it is.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// DER `SubjectPublicKeyInfo` of the public half.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// PEM block `PRIVATE KEY`, for writing to a file only its owner can read.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if it cannot be encoded.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        der::pem::encode_string("PRIVATE KEY", LineEnding::LF, &self.pkcs8)
            .map(Zeroizing::new)
            .map_err(|_| KeyError::Malformed)
    }

    /// The algorithm this key signs with unless told otherwise.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Rsa(_) => Algorithm::RsaPkcs1Sha256,
            Pair::P256(_) => Algorithm::EcdsaP256Sha256,
            Pair::P384(_) => Algorithm::EcdsaP384Sha384,
            Pair::Ed25519(_) => Algorithm::Ed25519,
            Pair::Gost(_) => match self.kind {
                KeyKind::Gost2015_256 => Algorithm::GostR34102015_256,
                KeyKind::Gost2004 => Algorithm::Gost34310_2004,
                _ => Algorithm::GostR34102015_512,
            },
        }
    }

    /// Signs with [`SigningKey::algorithm`]. ECDSA signatures are DER.
    ///
    /// # Errors
    /// [`KeyError::Signing`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.sign_with(self.algorithm(), message)
    }

    /// Signs with `algorithm`. ECDSA signatures are DER.
    ///
    /// # Errors
    /// [`KeyError::Unfit`] if the key cannot, [`KeyError::Signing`].
    pub fn sign_with(&self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match (&self.pair, algorithm) {
            (Pair::Rsa(pair), Algorithm::RsaPkcs1Sha256) => {
                sign_rsa(pair, &ring_signature::RSA_PKCS1_SHA256, message)
            }
            (Pair::Rsa(pair), Algorithm::RsaPkcs1Sha384) => {
                sign_rsa(pair, &ring_signature::RSA_PKCS1_SHA384, message)
            }
            (Pair::Rsa(pair), Algorithm::RsaPkcs1Sha512) => {
                sign_rsa(pair, &ring_signature::RSA_PKCS1_SHA512, message)
            }
            (Pair::Rsa(pair), Algorithm::RsaPssSha256) => {
                sign_rsa(pair, &ring_signature::RSA_PSS_SHA256, message)
            }
            (Pair::P256(pair), Algorithm::EcdsaP256Sha256)
            | (Pair::P384(pair), Algorithm::EcdsaP384Sha384) => {
                let signature = pair.sign(&random, message).map_err(|_| KeyError::Signing)?;
                Ok(signature.as_ref().to_vec())
            }
            (Pair::Ed25519(pair), Algorithm::Ed25519) => Ok(pair.sign(message).as_ref().to_vec()),
            (Pair::Gost(key), algorithm) if algorithm == self.algorithm() => {
                key.sign(message).map_err(|_| KeyError::Signing)
            }
            _ => Err(KeyError::Unfit { key: self.kind, algorithm }),
        }
    }
}

fn sign_rsa(
    pair: &RsaKeyPair,
    encoding: &'static dyn ring_signature::RsaEncoding,
    message: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut signature).map_err(|_| KeyError::Signing)?;
    Ok(signature)
}

impl Pair {
    fn spki_der(&self) -> der::Result<Vec<u8>> {
        let (oid, parameters, bits) = match self {
            Self::Rsa(pair) => (oid::RSA_ENCRYPTION, Some(AnyRef::NULL), pair.public_key().as_ref()),
            Self::P256(pair) => (oid::EC_PUBLIC_KEY, Some((&oid::P_256).into()), pair.public_key().as_ref()),
            Self::P384(pair) => (oid::EC_PUBLIC_KEY, Some((&oid::P_384).into()), pair.public_key().as_ref()),
            Self::Ed25519(pair) => (oid::ED25519, None, pair.public_key().as_ref()),
            Self::Gost(key) => return Ok(key.spki_der().to_vec()),
        };
        SubjectPublicKeyInfo {
            algorithm: AlgorithmIdentifier { oid, parameters },
            subject_public_key: BitStringRef::from_bytes(bits)?,
        }
        .to_der()
    }
}

/// As much of `OneAsymmetricKey` (RFC 5958 §2) as tells the kind of key.
struct OneKey<'a> {
    algorithm: AlgorithmIdentifier<AnyRef<'a>>,
}

impl<'a> OneKey<'a> {
    fn from_der(der: &'a [u8]) -> der::Result<Self> {
        use der::Reader;
        let mut outer = der::SliceReader::new(der)?;
        let header = der::Header::decode(&mut outer)?;
        header.tag.assert_eq(der::Tag::Sequence)?;
        let mut body = der::SliceReader::new(outer.read_slice(header.length)?)?;
        let _version = u8::decode(&mut body)?;
        let algorithm = AlgorithmIdentifier::decode(&mut body)?;
        Ok(Self { algorithm })
    }
}
