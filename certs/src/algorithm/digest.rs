use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Tag};
use ring::digest as ring_digest;
use x509_cert::spki::AlgorithmIdentifierRef;

use super::{AlgorithmError, national, oid};

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Digest {
    /// SHA-1: names keys and certificates in old structures, never signs.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// GOST R 34.11-94 with the test S-box, the digest of GOST 34.310-2004.
    Gost94,
    /// Streebog with 256 bits.
    Streebog256,
    /// Streebog with 512 bits.
    Streebog512,
}

impl Digest {
    /// Reads a digest `AlgorithmIdentifier`. Parameters are absent or NULL (RFC 5754 §2).
    ///
    /// # Errors
    /// [`AlgorithmError::NotAccepted`] for an unknown digest, [`AlgorithmError::MalformedIdentifier`] for other parameters.
    pub fn from_identifier(identifier_der: &[u8]) -> Result<Self, AlgorithmError> {
        let identifier = AlgorithmIdentifierRef::from_der(identifier_der)
            .map_err(|_| AlgorithmError::MalformedIdentifier)?;
        Self::from_parts(&identifier.oid, identifier.parameters)
    }

    pub(crate) fn from_parts(
        algorithm: &ObjectIdentifier,
        parameters: Option<AnyRef<'_>>,
    ) -> Result<Self, AlgorithmError> {
        let digest = Self::from_oid(algorithm).ok_or_else(|| AlgorithmError::not_accepted(algorithm))?;
        match parameters {
            None => Ok(digest),
            Some(any) if der::Tagged::tag(&any) == Tag::Null => Ok(digest),
            Some(_) => Err(AlgorithmError::MalformedIdentifier),
        }
    }

    /// The digest with this object identifier, if it is known.
    #[must_use]
    pub fn from_oid(algorithm: &ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|digest| digest.oid() == *algorithm)
    }

    const ALL: [Self; 7] = [
        Self::Sha1,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Gost94,
        Self::Streebog256,
        Self::Streebog512,
    ];

    /// Object identifier.
    #[must_use]
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => oid::SHA_1,
            Self::Sha256 => oid::SHA_256,
            Self::Sha384 => oid::SHA_384,
            Self::Sha512 => oid::SHA_512,
            Self::Gost94 => oid::GOST_94_DIGEST,
            Self::Streebog256 => oid::STREEBOG_256,
            Self::Streebog512 => oid::STREEBOG_512,
        }
    }

    /// Digest of `data`.
    ///
    /// # Errors
    /// [`AlgorithmError::NotAccepted`] if this build has no such digest.
    pub fn of(self, data: &[u8]) -> Result<Vec<u8>, AlgorithmError> {
        let algorithm = match self {
            Self::Sha1 => &ring_digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &ring_digest::SHA256,
            Self::Sha384 => &ring_digest::SHA384,
            Self::Sha512 => &ring_digest::SHA512,
            Self::Gost94 | Self::Streebog256 | Self::Streebog512 => {
                let oid = self.oid();
                return national::digest(&oid, data).ok_or_else(|| AlgorithmError::not_accepted(&oid));
            }
        };
        Ok(ring_digest::digest(algorithm, data).as_ref().to_vec())
    }
}
