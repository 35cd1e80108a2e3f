use der::asn1::ObjectIdentifier;

use crate::algorithm::KeyKind;

/// Why a national signature does not count, or a national key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GostError {
    /// The key is not of the form that the national authorities write.
    #[error("the key is not of the national form")]
    MalformedKey,
    /// Parameters that no national curve or digest goes by.
    #[error("the key names parameters {parameters}, which are not known")]
    UnknownParameters {
        /// What the key names.
        parameters: ObjectIdentifier,
    },
    /// The coordinates are no point of the curve, or not in its subgroup of prime order.
    #[error("the key is not a point of its curve")]
    OffCurve,
    /// The signature algorithm is not the one that goes with the key.
    #[error("the signature names {signature}, which does not go with a {key} key")]
    AlgorithmMismatch {
        /// The key.
        key: KeyKind,
        /// What the signature names.
        signature: ObjectIdentifier,
    },
    /// The signature, digest or private number has the wrong length.
    #[error("{found} octets where {expected} were expected")]
    Length {
        /// What the key asks for.
        expected: usize,
        /// What was there.
        found: usize,
    },
    /// A number that must be between 1 and the order of the group less one is not.
    #[error("a number of the signature or key is out of range")]
    OutOfRange,
    /// The arithmetic says no.
    #[error("the signature does not match the key and the signed bytes")]
    BadSignature,
}
