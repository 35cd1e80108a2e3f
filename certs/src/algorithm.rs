//! Which signature algorithms exist, what each is called, and the one place where a signature is checked.
//!
//! Identifiers: RFC 3279, RFC 4055 (RSA, RSASSA-PSS), RFC 5758 (ECDSA), RFC 8410 (Ed25519), and the national register under
//! 1.2.398.3.10.1 (GOST R 34.10-2015, GOST 34.310-2004).

mod digest;
mod error;
mod identifier;
mod key;
mod national;
mod pss;

use core::fmt;

use ring::signature::{self as ring_signature, VerificationAlgorithm};

pub use digest::Digest;
pub use error::AlgorithmError;
pub use identifier::oid;
pub use key::{KeyKind, PublicKey};

/// A signature algorithm together with the kind of key it needs, so that no two of them can be confused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-1. Broken for new signatures; only [`Acceptance::LEGACY`] lets it through.
    RsaPkcs1Sha1,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256, salt of 32 bytes.
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384, salt of 48 bytes.
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512, salt of 64 bytes.
    RsaPssSha512,
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256Sha256,
    /// ECDSA on P-256 with SHA-384.
    EcdsaP256Sha384,
    /// ECDSA on P-384 with SHA-256.
    EcdsaP384Sha256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384Sha384,
    /// Ed25519 (pure).
    Ed25519,
    /// GOST R 34.10-2015 with 512-bit keys and Streebog-512.
    GostR34102015_512,
    /// GOST R 34.10-2015 with 256-bit keys and Streebog-256.
    GostR34102015_256,
    /// GOST 34.310-2004 with GOST R 34.11-94.
    Gost34310_2004,
}

/// How the two integers of an ECDSA signature are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `SEQUENCE { r INTEGER, s INTEGER }`: certificates, CMS, CRLs, OCSP (RFC 3279 §2.2.3).
    Der,
    /// `r ‖ s`, each as long as the field: JWS (RFC 7518 §3.4).
    Fixed,
}

/// What a verifier puts up with. The national and the generic profile use [`Acceptance::STRICT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Whether RSA with SHA-1 counts as a signature.
    pub sha1: bool,
    /// Fewest bits of an RSA modulus. Below 2048 has effect for SHA-1, SHA-256 and SHA-512 only.
    pub rsa_bits: u16,
}

impl Acceptance {
    /// No SHA-1, RSA of 2048 bits or more.
    pub const STRICT: Acceptance = Acceptance { sha1: false, rsa_bits: 2048 };
    /// SHA-1 and RSA of 1024 bits, for published test vectors of an earlier time. Never for decisions.
    pub const LEGACY: Acceptance = Acceptance { sha1: true, rsa_bits: 1024 };
}

impl Algorithm {
    /// The digest the algorithm is defined over; `None` for Ed25519, which digests inside.
    #[must_use]
    pub fn digest(self) -> Option<Digest> {
        Some(match self {
            Self::RsaPkcs1Sha1 => Digest::Sha1,
            Self::RsaPkcs1Sha256 | Self::RsaPssSha256 | Self::EcdsaP256Sha256 | Self::EcdsaP384Sha256 => {
                Digest::Sha256
            }
            Self::RsaPkcs1Sha384 | Self::RsaPssSha384 | Self::EcdsaP256Sha384 | Self::EcdsaP384Sha384 => {
                Digest::Sha384
            }
            Self::RsaPkcs1Sha512 | Self::RsaPssSha512 => Digest::Sha512,
            Self::GostR34102015_512 => Digest::Streebog512,
            Self::GostR34102015_256 => Digest::Streebog256,
            Self::Gost34310_2004 => Digest::Gost94,
            Self::Ed25519 => return None,
        })
    }

    fn is_pss(self) -> bool {
        matches!(self, Self::RsaPssSha256 | Self::RsaPssSha384 | Self::RsaPssSha512)
    }

    fn fits(self, key: KeyKind) -> bool {
        match self {
            Self::RsaPkcs1Sha1 | Self::RsaPkcs1Sha256 | Self::RsaPkcs1Sha384 | Self::RsaPkcs1Sha512 => {
                matches!(key, KeyKind::Rsa { .. })
            }
            Self::RsaPssSha256 | Self::RsaPssSha384 | Self::RsaPssSha512 => {
                matches!(key, KeyKind::Rsa { .. })
            }
            Self::EcdsaP256Sha256 | Self::EcdsaP256Sha384 => key == KeyKind::P256,
            Self::EcdsaP384Sha256 | Self::EcdsaP384Sha384 => key == KeyKind::P384,
            Self::Ed25519 => key == KeyKind::Ed25519,
            Self::GostR34102015_512 => key == KeyKind::Gost2015_512,
            Self::GostR34102015_256 => key == KeyKind::Gost2015_256,
            Self::Gost34310_2004 => key == KeyKind::Gost2004,
        }
    }

    /// The verifier in `ring`, for all but the national algorithms. `short` asks for RSA moduli below 2048 bits.
    fn in_ring(self, encoding: Encoding, short: bool) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match (self, encoding) {
            (Self::RsaPkcs1Sha1, _) if short => &ring_signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            (Self::RsaPkcs1Sha256, _) if short => {
                &ring_signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
            }
            (Self::RsaPkcs1Sha512, _) if short => {
                &ring_signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
            }
            (Self::RsaPkcs1Sha1, _) => &ring_signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            (Self::RsaPkcs1Sha256, _) => &ring_signature::RSA_PKCS1_2048_8192_SHA256,
            (Self::RsaPkcs1Sha384, _) => &ring_signature::RSA_PKCS1_2048_8192_SHA384,
            (Self::RsaPkcs1Sha512, _) => &ring_signature::RSA_PKCS1_2048_8192_SHA512,
            (Self::RsaPssSha256, _) => &ring_signature::RSA_PSS_2048_8192_SHA256,
            (Self::RsaPssSha384, _) => &ring_signature::RSA_PSS_2048_8192_SHA384,
            (Self::RsaPssSha512, _) => &ring_signature::RSA_PSS_2048_8192_SHA512,
            (Self::EcdsaP256Sha256, Encoding::Der) => &ring_signature::ECDSA_P256_SHA256_ASN1,
            (Self::EcdsaP256Sha256, Encoding::Fixed) => &ring_signature::ECDSA_P256_SHA256_FIXED,
            (Self::EcdsaP384Sha384, Encoding::Der) => &ring_signature::ECDSA_P384_SHA384_ASN1,
            (Self::EcdsaP384Sha384, Encoding::Fixed) => &ring_signature::ECDSA_P384_SHA384_FIXED,
            (Self::EcdsaP256Sha384, Encoding::Der) => &ring_signature::ECDSA_P256_SHA384_ASN1,
            (Self::EcdsaP384Sha256, Encoding::Der) => &ring_signature::ECDSA_P384_SHA256_ASN1,
            (Self::Ed25519, _) => &ring_signature::ED25519,
            _ => return None,
        })
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RsaPkcs1Sha1 => "rsa-pkcs1-sha1",
            Self::RsaPkcs1Sha256 => "rsa-pkcs1-sha256",
            Self::RsaPkcs1Sha384 => "rsa-pkcs1-sha384",
            Self::RsaPkcs1Sha512 => "rsa-pkcs1-sha512",
            Self::RsaPssSha256 => "rsa-pss-sha256",
            Self::RsaPssSha384 => "rsa-pss-sha384",
            Self::RsaPssSha512 => "rsa-pss-sha512",
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Self::EcdsaP256Sha384 => "ecdsa-p256-sha384",
            Self::EcdsaP384Sha256 => "ecdsa-p384-sha256",
            Self::EcdsaP384Sha384 => "ecdsa-p384-sha384",
            Self::Ed25519 => "ed25519",
            Self::GostR34102015_512 => "gost-r-34.10-2015-512",
            Self::GostR34102015_256 => "gost-r-34.10-2015-256",
            Self::Gost34310_2004 => "gost-34.310-2004",
        })
    }
}

/// Checks one signature as X.509, CMS, CRLs and OCSP write it.
///
/// `spki_der` is a `SubjectPublicKeyInfo`, `identifier_der` the `AlgorithmIdentifier` that came with the signature. Which curve ECDSA
/// runs on is taken from the key, never from the identifier.
///
/// # Errors
/// [`AlgorithmError`]: the key or the identifier cannot be read, is not accepted, does not fit the other, or the signature is wrong.
pub fn verify(
    spki_der: &[u8],
    identifier_der: &[u8],
    message: &[u8],
    signature: &[u8],
    acceptance: Acceptance,
) -> Result<KeyKind, AlgorithmError> {
    let key = PublicKey::parse(spki_der)?;
    let algorithm = Algorithm::from_identifier(identifier_der, key.kind())?;
    key.verify(algorithm, Encoding::Der, message, signature, acceptance)?;
    Ok(key.kind())
}

impl PublicKey<'_> {
    /// Checks `signature` over `message` with this key.
    ///
    /// # Errors
    /// As [`verify`].
    pub fn verify(
        &self,
        algorithm: Algorithm,
        encoding: Encoding,
        message: &[u8],
        signature: &[u8],
        acceptance: Acceptance,
    ) -> Result<(), AlgorithmError> {
        if !algorithm.fits(self.kind()) || self.forbids(algorithm) {
            return Err(AlgorithmError::KeyMismatch { algorithm, key: self.kind() });
        }
        if algorithm == Algorithm::RsaPkcs1Sha1 && !acceptance.sha1 {
            return Err(AlgorithmError::not_accepted(&algorithm));
        }
        let mut short = false;
        if let KeyKind::Rsa { bits } = self.kind() {
            if bits < acceptance.rsa_bits {
                return Err(AlgorithmError::WeakKey { bits, least: acceptance.rsa_bits });
            }
            short = bits < 2048;
        }
        if let Some(national) = algorithm.national() {
            return national::verify(self.spki(), &national, message, signature);
        }
        let verifier =
            algorithm.in_ring(encoding, short).ok_or_else(|| AlgorithmError::not_accepted(&algorithm))?;
        ring_signature::UnparsedPublicKey::new(verifier, self.bits())
            .verify(message, signature)
            .map_err(|_| AlgorithmError::BadSignature)
    }
}
