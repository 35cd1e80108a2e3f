use der::asn1::AnyRef;
use der::{Decode, Encode, Tag, Tagged};
use x509_cert::spki::{AlgorithmIdentifier, AlgorithmIdentifierRef};

use super::{Algorithm, AlgorithmError, Digest, KeyKind, pss};

/// Object identifiers of keys, signatures, digests and curves.
#[allow(missing_docs, reason = "each constant is named by its standard name")]
pub mod oid {
    use der::asn1::ObjectIdentifier as Oid;

    pub const RSA_ENCRYPTION: Oid = Oid::new_unwrap("1.2.840.113549.1.1.1");
    pub const RSA_SHA_1: Oid = Oid::new_unwrap("1.2.840.113549.1.1.5");
    pub const RSA_SHA_256: Oid = Oid::new_unwrap("1.2.840.113549.1.1.11");
    pub const RSA_SHA_384: Oid = Oid::new_unwrap("1.2.840.113549.1.1.12");
    pub const RSA_SHA_512: Oid = Oid::new_unwrap("1.2.840.113549.1.1.13");
    pub const RSA_PSS: Oid = Oid::new_unwrap("1.2.840.113549.1.1.10");
    pub const MGF_1: Oid = Oid::new_unwrap("1.2.840.113549.1.1.8");
    pub const EC_PUBLIC_KEY: Oid = Oid::new_unwrap("1.2.840.10045.2.1");
    pub const P_256: Oid = Oid::new_unwrap("1.2.840.10045.3.1.7");
    pub const P_384: Oid = Oid::new_unwrap("1.3.132.0.34");
    pub const ECDSA_SHA_256: Oid = Oid::new_unwrap("1.2.840.10045.4.3.2");
    pub const ECDSA_SHA_384: Oid = Oid::new_unwrap("1.2.840.10045.4.3.3");
    pub const ED25519: Oid = Oid::new_unwrap("1.3.101.112");
    pub const SHA_1: Oid = Oid::new_unwrap("1.3.14.3.2.26");
    pub const SHA_256: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.1");
    pub const SHA_384: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.2");
    pub const SHA_512: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.3");
    pub const GOST_2004_KEY: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.1.1");
    pub const GOST_2004_SIGNATURE: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.1.2");
    pub const GOST_2015_256_KEY: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.2.1");
    pub const GOST_2015_256_SIGNATURE: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.2.3.1");
    pub const GOST_2015_512_KEY: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.2.2");
    pub const GOST_2015_512_SIGNATURE: Oid = Oid::new_unwrap("1.2.398.3.10.1.1.2.3.2");
    pub const GOST_94_DIGEST: Oid = Oid::new_unwrap("1.2.398.3.10.1.3.1");
    pub const STREEBOG_256: Oid = Oid::new_unwrap("1.2.398.3.10.1.3.2");
    pub const STREEBOG_512: Oid = Oid::new_unwrap("1.2.398.3.10.1.3.3");
}

impl Algorithm {
    /// Reads the `AlgorithmIdentifier` of a signature made with a key of `kind`.
    ///
    /// # Errors
    /// [`AlgorithmError::NotAccepted`] for an unknown algorithm, [`AlgorithmError::KeyMismatch`] for ECDSA with another kind of key,
    /// [`AlgorithmError::MalformedIdentifier`] for parameters that must not be there.
    pub fn from_identifier(identifier_der: &[u8], kind: KeyKind) -> Result<Self, AlgorithmError> {
        let identifier = AlgorithmIdentifierRef::from_der(identifier_der)
            .map_err(|_| AlgorithmError::MalformedIdentifier)?;
        Self::from_parts(&identifier, kind)
    }

    /// As [`Algorithm::from_identifier`], for a CMS `SignerInfo`, whose signature algorithm may name only the key and leave the digest to
    /// `digestAlgorithm` (RFC 3370 §3.2: `rsaEncryption`; OpenSSL before 1.1 wrote `id-ecPublicKey` likewise).
    ///
    /// # Errors
    /// As [`Algorithm::from_identifier`]; [`AlgorithmError::DigestMismatch`] if the two identifiers name different digests.
    pub fn from_signer_info(
        identifier: &AlgorithmIdentifierRef<'_>,
        digest: Digest,
        kind: KeyKind,
    ) -> Result<Self, AlgorithmError> {
        let algorithm = match identifier.oid {
            oid::RSA_ENCRYPTION => {
                absent_or_null(identifier.parameters)?;
                rsa_pkcs1(digest)?
            }
            _ => Self::from_parts(identifier, kind)?,
        };
        match algorithm.digest() {
            Some(own) if own != digest => Err(AlgorithmError::DigestMismatch { algorithm, digest }),
            // RFC 8419 §2.3: with Ed25519 the message digest is SHA-512. OpenSSL lets the caller choose, and the digest is only
            // that of the content, inside attributes which Ed25519 signs whole: any strong digest serves.
            None if digest == Digest::Sha1 => Err(AlgorithmError::not_accepted("ed25519 with sha-1")),
            _ => Ok(algorithm),
        }
    }

    fn from_parts(identifier: &AlgorithmIdentifierRef<'_>, kind: KeyKind) -> Result<Self, AlgorithmError> {
        let parameters = identifier.parameters;
        // RFC 4055 §5: verifiers take NULL and absent parameters for RSA. National signatures carry NULL. RFC 5758 §3.2 and
        // RFC 8410 §3: ECDSA and Ed25519 have none.
        match identifier.oid {
            oid::RSA_SHA_1 => absent_or_null(parameters).map(|()| Self::RsaPkcs1Sha1),
            oid::RSA_SHA_256 => absent_or_null(parameters).map(|()| Self::RsaPkcs1Sha256),
            oid::RSA_SHA_384 => absent_or_null(parameters).map(|()| Self::RsaPkcs1Sha384),
            oid::RSA_SHA_512 => absent_or_null(parameters).map(|()| Self::RsaPkcs1Sha512),
            oid::RSA_PSS => pss::algorithm(parameters),
            oid::ECDSA_SHA_256 => absent(parameters).and_then(|()| ecdsa(Digest::Sha256, kind)),
            oid::ECDSA_SHA_384 => absent(parameters).and_then(|()| ecdsa(Digest::Sha384, kind)),
            oid::ED25519 => absent(parameters).map(|()| Self::Ed25519),
            oid::GOST_2015_512_SIGNATURE => absent_or_null(parameters).map(|()| Self::GostR34102015_512),
            oid::GOST_2015_256_SIGNATURE => absent_or_null(parameters).map(|()| Self::GostR34102015_256),
            oid::GOST_2004_SIGNATURE => absent_or_null(parameters).map(|()| Self::Gost34310_2004),
            other => Err(AlgorithmError::not_accepted(&other)),
        }
    }

    /// The DER `AlgorithmIdentifier` a signer writes.
    ///
    /// # Errors
    /// [`AlgorithmError::MalformedIdentifier`] if it cannot be encoded, which does not happen with these constants.
    pub fn identifier_der(self) -> Result<Vec<u8>, AlgorithmError> {
        let (oid, null) = match self {
            Self::RsaPkcs1Sha1 => (oid::RSA_SHA_1, true),
            Self::RsaPkcs1Sha256 => (oid::RSA_SHA_256, true),
            Self::RsaPkcs1Sha384 => (oid::RSA_SHA_384, true),
            Self::RsaPkcs1Sha512 => (oid::RSA_SHA_512, true),
            Self::RsaPssSha256 => return pss::identifier(Digest::Sha256, 32).map_err(unencodable),
            Self::RsaPssSha384 => return pss::identifier(Digest::Sha384, 48).map_err(unencodable),
            Self::RsaPssSha512 => return pss::identifier(Digest::Sha512, 64).map_err(unencodable),
            Self::EcdsaP256Sha256 | Self::EcdsaP384Sha256 => (oid::ECDSA_SHA_256, false),
            Self::EcdsaP256Sha384 | Self::EcdsaP384Sha384 => (oid::ECDSA_SHA_384, false),
            Self::Ed25519 => (oid::ED25519, false),
            Self::GostR34102015_512 => (oid::GOST_2015_512_SIGNATURE, true),
            Self::GostR34102015_256 => (oid::GOST_2015_256_SIGNATURE, true),
            Self::Gost34310_2004 => (oid::GOST_2004_SIGNATURE, true),
        };
        let parameters = null.then_some(AnyRef::NULL);
        AlgorithmIdentifier { oid, parameters }.to_der().map_err(unencodable)
    }
}

fn unencodable(_: der::Error) -> AlgorithmError {
    AlgorithmError::MalformedIdentifier
}

fn rsa_pkcs1(digest: Digest) -> Result<Algorithm, AlgorithmError> {
    match digest {
        Digest::Sha1 => Ok(Algorithm::RsaPkcs1Sha1),
        Digest::Sha256 => Ok(Algorithm::RsaPkcs1Sha256),
        Digest::Sha384 => Ok(Algorithm::RsaPkcs1Sha384),
        Digest::Sha512 => Ok(Algorithm::RsaPkcs1Sha512),
        other => Err(AlgorithmError::not_accepted(&format!("rsa with {}", other.oid()))),
    }
}

fn ecdsa(digest: Digest, kind: KeyKind) -> Result<Algorithm, AlgorithmError> {
    match (kind, digest) {
        (KeyKind::P256, Digest::Sha256) => Ok(Algorithm::EcdsaP256Sha256),
        (KeyKind::P256, _) => Ok(Algorithm::EcdsaP256Sha384),
        (KeyKind::P384, Digest::Sha256) => Ok(Algorithm::EcdsaP384Sha256),
        (KeyKind::P384, _) => Ok(Algorithm::EcdsaP384Sha384),
        (key, Digest::Sha256) => {
            Err(AlgorithmError::KeyMismatch { algorithm: Algorithm::EcdsaP256Sha256, key })
        }
        (key, _) => Err(AlgorithmError::KeyMismatch { algorithm: Algorithm::EcdsaP384Sha384, key }),
    }
}

fn absent(parameters: Option<AnyRef<'_>>) -> Result<(), AlgorithmError> {
    if parameters.is_none() { Ok(()) } else { Err(AlgorithmError::MalformedIdentifier) }
}

fn absent_or_null(parameters: Option<AnyRef<'_>>) -> Result<(), AlgorithmError> {
    match parameters {
        None => Ok(()),
        Some(any) if any.tag() == Tag::Null && any.value().is_empty() => Ok(()),
        Some(_) => Err(AlgorithmError::MalformedIdentifier),
    }
}
