use super::{Algorithm, Digest, KeyKind};

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlgorithmError {
    /// The algorithm is not one this verifier takes, whoever used it.
    #[error("algorithm {algorithm} is not accepted")]
    NotAccepted {
        /// Name or dotted object identifier.
        algorithm: String,
    },
    /// The modulus is too short to mean anything.
    #[error("an RSA key of {bits} bits is below the least accepted, {least}")]
    WeakKey {
        /// Bits of the modulus.
        bits: u16,
        /// Fewest accepted.
        least: u16,
    },
    /// The signature says one algorithm, the key is of another.
    #[error("the signature names {algorithm} but the key is {key}")]
    KeyMismatch {
        /// What the signature says.
        algorithm: Algorithm,
        /// What the key is.
        key: KeyKind,
    },
    /// The signature says one digest, the structure around it another.
    #[error("the signature names {algorithm} but the message was digested with {digest:?}")]
    DigestMismatch {
        /// What the signature says.
        algorithm: Algorithm,
        /// What the structure says.
        digest: Digest,
    },
    /// `SubjectPublicKeyInfo` cannot be read.
    #[error("the public key cannot be read")]
    MalformedKey,
    /// `AlgorithmIdentifier` cannot be read or carries parameters it must not.
    #[error("the algorithm identifier cannot be read")]
    MalformedIdentifier,
    /// The arithmetic says no.
    #[error("the signature does not match the key and the signed bytes")]
    BadSignature,
}

impl AlgorithmError {
    pub(crate) fn not_accepted(algorithm: &(impl ToString + ?Sized)) -> Self {
        Self::NotAccepted { algorithm: algorithm.to_string() }
    }
}
